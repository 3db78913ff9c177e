// Running timers. A <time data-until data-server-now> counts down on the server's clock: the difference between
// the two clocks is learned from every part that arrives, so a wrong or sleeping computer shows the right time.
// At zero the part around the timer is asked from the server again; what it says then is the truth.
(() => {
  "use strict";

  const TICK_MS = 250;
  const REFRESH_AFTER_ZERO_MS = 350;
  const ANNOUNCED_SECONDS = 60;

  let serverAheadMs = 0;

  const pageReceivedAtMs = () => {
    const [navigation] = performance.getEntriesByType("navigation");
    return navigation ? performance.timeOrigin + navigation.responseStart : Date.now();
  };

  const learn = (root, receivedAtMs) => {
    const told = root.querySelector?.("[data-server-now]") ?? (root.matches?.("[data-server-now]") ? root : null);
    if (told) serverAheadMs = Date.parse(told.dataset.serverNow) - receivedAtMs;
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

  const ended = (timer) => {
    if (timer.dataset.ended) return;
    timer.dataset.ended = "yes";
    const part = timer.closest("[hx-trigger~='refresh']");
    if (part) setTimeout(() => part.isConnected && htmx.trigger(part, "refresh"), REFRESH_AFTER_ZERO_MS);
  };

  const tick = () => {
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
    tick();
  });
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pageshow", tick);
  setInterval(tick, TICK_MS);
  tick();
})();
