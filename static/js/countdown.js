// Running timers. A <time data-until data-server-now> counts down on the server's clock: the difference between
// the two clocks is learned from every part that arrives, so a wrong computer shows the right time. One that slept,
// or whose clock was set meanwhile, asks the server again.
// At zero the part around the timer is asked from the server again; what it says then is the truth.
(() => {
  "use strict";

  const TICK_MS = 250;
  const REFRESH_AFTER_ZERO_MS = 350;
  const ANNOUNCED_SECONDS = 60;
  const JUMP_MS = 1_500;
  const UNSURE_MS = 5_000;

  let serverAheadMs = 0;
  let apartMs = Date.now() - performance.now();
  let unsureUntilMs = 0;

  const pageReceivedAtMs = () => {
    const [navigation] = performance.getEntriesByType("navigation");
    return navigation ? performance.timeOrigin + navigation.responseStart : Date.now();
  };

  const learn = (root, receivedAtMs) => {
    const told = root.querySelector?.("[data-server-now]") ?? (root.matches?.("[data-server-now]") ? root : null);
    if (!told) return;
    serverAheadMs = Date.parse(told.dataset.serverNow) - receivedAtMs;
    unsureUntilMs = 0;
  };

  const secondsLeft = (timer) =>
    Math.max(0, Math.ceil((Date.parse(timer.dataset.until) - Date.now() - serverAheadMs) / 1000));

  const inWords = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

  const announce = (timer, seconds) => {
    const subject = timer.dataset.announce;
    const moment = seconds === 0 ? "ended" : "ending";
    if (!subject || timer.dataset.announced === moment) return;
    timer.dataset.announced = moment;
    document.getElementById("announcer").textContent =
      seconds === 0 ? `The hold on ${subject} has ended.` : `One minute left to buy ${subject}.`;
  };

  const partOf = (timer) => timer.closest("[hx-trigger~='refresh']");

  const refresh = (part) => part.isConnected && htmx.trigger(part, "refresh");

  const ended = (timer) => {
    if (timer.dataset.ended) return;
    timer.dataset.ended = "yes";
    const part = partOf(timer);
    if (part) setTimeout(refresh, REFRESH_AFTER_ZERO_MS, part);
  };

  // What a part says on arrival is said once, however often the part comes again.
  const said = new Set();
  const say = (root) => {
    for (const part of root.querySelectorAll?.("[data-say]") ?? []) {
      if (said.has(part.dataset.say)) continue;
      said.add(part.dataset.say);
      document.getElementById("announcer").textContent = part.dataset.say;
    }
  };

  // The calendar's clock and the stopwatch run apart only when the computer slept or its clock was set.
  const clockJumped = () => {
    const knownMs = apartMs;
    apartMs = Date.now() - performance.now();
    return Math.abs(apartMs - knownMs) > JUMP_MS;
  };

  // Until the answer is there nothing is shown or announced that might be hours off.
  const askAgain = () => {
    unsureUntilMs = performance.now() + UNSURE_MS;
    const parts = new Set([...document.querySelectorAll("time[data-until]")].map(partOf));
    parts.delete(null);
    parts.forEach(refresh);
  };

  const tick = () => {
    if (clockJumped()) askAgain();
    if (performance.now() < unsureUntilMs) return;
    for (const timer of document.querySelectorAll("time[data-until]")) {
      const seconds = secondsLeft(timer);
      const words = inWords(seconds);
      if (timer.textContent !== words) timer.textContent = words;
      timer.parentElement.classList.toggle("ending", seconds <= ANNOUNCED_SECONDS);
      if (seconds <= ANNOUNCED_SECONDS) announce(timer, seconds);
      if (seconds === 0) ended(timer);
    }
  };

  learn(document, pageReceivedAtMs());
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) learn(event.target, Date.now());
    say(event.target);
    tick();
  });
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pageshow", tick);
  setInterval(tick, TICK_MS);
  tick();
})();
