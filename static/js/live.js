// The market's live line. A message only says that a lead changed; the page then asks the server for that
// lead's part again, so what is shown is never this script's opinion. Without it every page still works.
(() => {
  "use strict";

  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 30_000;
  const PING_EVERY_MS = 25_000;
  const PATIENCE_MS = 4_000;
  const RENDERED_LONG_AGO_MS = 1_500;
  const FIRST_SPREAD_MS = 30;
  const SPREAD_MS = 150;

  let socket = null;
  let waitMs = FIRST_WAIT_MS;
  let wasConnected = false;
  let pingTimer = 0;
  let retryTimer = 0;
  let patienceTimer = 0;
  let answered = true;
  const due = new Map();

  // Parts of leads outside the window are brought up to date when they are scrolled into it.
  const whenSeen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      whenSeen.unobserve(entry.target);
      refresh(entry.target);
    }
  });

  const refresh = (part) => part.isConnected && htmx.trigger(part, "refresh");

  const isAsking = (part) => part.matches(".htmx-request") || part.querySelector(".htmx-request") !== null;

  // Several messages about one lead within a moment ask once; the spread keeps open pages from asking at once.
  // A part that waits for an answer is about to be replaced, so its successor is asked, not itself.
  const refreshSoon = (leadId) => {
    if (due.has(leadId)) return;
    due.set(leadId, setTimeout(() => {
      due.delete(leadId);
      const parts = [...partsOf(leadId)];
      if (parts.some(isAsking)) refreshSoon(leadId);
      else parts.forEach(refresh);
    }, FIRST_SPREAD_MS + Math.random() * SPREAD_MS));
  };

  // A lead's own part, or the cart that shows it among others.
  const partsOf = (leadId) => {
    const named = `[data-lead-id="${CSS.escape(leadId)}"]`;
    return document.querySelectorAll(`[hx-trigger~='refresh']:is(${named}, :has(${named}))`);
  };

  const showState = (state) => {
    const shown = document.getElementById("live-state");
    if (shown) shown.dataset.live = state;
  };

  const received = (message) => {
    if (message.type === "pong") { answered = true; return; }
    if (typeof message.lead !== "string") return;
    refreshSoon(message.lead);
    document.dispatchEvent(new CustomEvent("lead:changed", { detail: message }));
    const fresh = document.getElementById("fresh-leads");
    if (message.type === "lead.listed" && fresh && partsOf(message.lead).length === 0) fresh.hidden = false;
  };

  const catchUp = () => {
    for (const part of document.querySelectorAll("[hx-trigger~='refresh']")) whenSeen.observe(part);
    const fresh = document.getElementById("fresh-leads");
    if (fresh) refresh(fresh);
  };

  // After sleep a line can look open and be dead: one that does not answer soon is given up.
  const ping = () => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    answered = false;
    socket.send(JSON.stringify({ type: "ping" }));
    clearTimeout(patienceTimer);
    patienceTimer = setTimeout(() => answered || giveUp(), PATIENCE_MS);
  };

  const giveUp = () => {
    const dead = socket;
    closed({ target: dead });
    dead.close();
  };

  // What happened before the line stood was not heard: while it was away, or since a slow page was rendered.
  const opened = () => {
    waitMs = FIRST_WAIT_MS;
    pingTimer = setInterval(ping, PING_EVERY_MS);
    showState("on");
    if (wasConnected || performance.now() > RENDERED_LONG_AGO_MS) catchUp();
    wasConnected = true;
  };

  const closed = (event) => {
    if (event.target !== socket) return;
    clearInterval(pingTimer);
    clearTimeout(patienceTimer);
    showState("off");
    socket = null;
    retryTimer = setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  };

  const connect = () => {
    clearTimeout(retryTimer);
    if (socket) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/ws/market/`);
    socket.addEventListener("open", opened);
    socket.addEventListener("close", closed);
    socket.addEventListener("message", (event) => received(JSON.parse(event.data)));
  };

  const say = (words) => {
    const notice = document.createElement("div");
    notice.className = "notice error appear";
    notice.append(document.createElement("span"), words);
    document.getElementById("notices").replaceChildren(notice);
    notice.scrollIntoView({ block: "nearest" });
  };

  // A whole page (an expired form, a lead that is gone) is no part: its headline is said instead of swapped in.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (target === document.body || !/^\s*<!doctype/i.test(xhr.responseText)) return;
    event.detail.shouldSwap = false;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    say(`${page.querySelector("h1")?.textContent ?? "That did not work"}. Reload the page and try again.`);
  });

  // A click that got no answer must not look like one that worked.
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.requestConfig?.verb !== "get") say("The server did not answer. Reload the page and try again.");
    });
  }

  const lookAgain = () => {
    if (socket) { ping(); return; }
    waitMs = FIRST_WAIT_MS;
    connect();
  };

  if (document.querySelector("[data-lead-id]") || document.getElementById("live-state")) {
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && lookAgain());
    window.addEventListener("online", lookAgain);
    connect();
  }
})();
