// The map beside the list. What is on it comes from the server, for the filters that stand in the page's address: the
// list and the map never disagree about what was asked. An area that is searched, where the map was moved to and which
// of the two a phone shows stand in the address too. Without this script the list works, with a picture below it.
(() => {
  "use strict";

  const element = document.getElementById("map");
  const form = document.getElementById("filters");
  if (!element || !form || !window.L) return;

  const { source, states, counties, towns, leads, tiles, attribution } = element.dataset;
  const COUNTRY = [[24.4, -125], [49.4, -66.9]];
  const WIDEST_DEGREES = 60;
  const COUNTY_LINES_FROM_ZOOM = 6;
  const SEARCHABLE_FROM_ZOOM = 7;
  const MOST_TOWNS = 28;
  const FIRST_RELOAD_MS = 300;
  const RELOAD_SPREAD_MS = 900;
  const NO_FILTERS = ["at", "view", "sort", "cursor", "facets", "typed"];
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const part = (name) => document.getElementById(`map-${name}`);

  const map = L.map(element, {
    zoomControl: false,
    zoomSnap: tiles ? 1 : 0.5, // a tile is drawn for whole steps, an outline for any
    minZoom: 3,
    maxZoom: 18,
    maxBounds: [[-15, -200], [75, -45]],
    zoomAnimation: !isStill,
    fadeAnimation: !isStill,
    markerZoomAnimation: !isStill,
    inertia: !isStill,
  });
  if (isStill) map.panBy = (offset) => L.Map.prototype.panBy.call(map, offset, { animate: false });
  map.attributionControl.setPrefix("Leaflet");
  L.control.zoom({ position: "topright" }).addTo(map);

  // — the address —

  const address = () => new URL(location.href);

  const filters = () => {
    const query = address().searchParams;
    for (const name of NO_FILTERS) query.delete(name);
    return query.toString();
  };

  const tell = (name, value) => {
    const url = address();
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
  };

  // What travels with every further search. Where the map looks does not: each search is looked at anew.
  const field = (name) => form.elements.namedItem(name) ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));

  const searchIn = (ring) => {
    field("polygon").value = ring ? JSON.stringify({ type: "Polygon", coordinates: [ring] }) : "";
    htmx.trigger(form, "submit");
  };

  // — the plain base —

  // West of the antimeridian lie the last of the Aleutians; the map shows them where they belong.
  const westward = (longitude) => (longitude > 0 ? longitude - 360 : longitude);
  const eastward = (longitude) => Number((longitude < -180 ? longitude + 360 : longitude).toFixed(4));
  const place = ([longitude, latitude]) => L.latLng(latitude, westward(longitude));
  const read = (url, options) => fetch(url, options).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)));

  const outline = (url, className) =>
    read(url).then((shapes) => L.geoJSON(shapes, { style: { className, interactive: false }, coordsToLatLng: place }).addTo(map).bringToBack());

  let areCountiesAsked = false;
  const drawCounties = () => {
    if (areCountiesAsked || map.getZoom() < COUNTY_LINES_FROM_ZOOM) return;
    areCountiesAsked = true;
    outline(counties, "county").then((lines) => {
      const show = () => (map.getZoom() < COUNTY_LINES_FROM_ZOOM ? lines.remove() : lines.addTo(map));
      map.on("zoomend", show);
      show();
    });
  };

  const names = L.layerGroup().addTo(map);
  map.createPane("towns");
  let everyTown = [];

  // The largest towns in the window that leave each other room.
  const nameTowns = () => {
    names.clearLayers();
    const bounds = map.getBounds();
    const taken = [];
    for (const [name, latitude, longitude] of everyTown) {
      if (taken.length >= MOST_TOWNS) break;
      if (!bounds.contains([latitude, longitude])) continue;
      const { x, y } = map.latLngToContainerPoint([latitude, longitude]);
      if (taken.some((other) => Math.abs(other.x - x) < 96 && Math.abs(other.y - y) < 34)) continue;
      taken.push({ x, y });
      const icon = L.divIcon({ className: "town", html: Object.assign(document.createElement("span"), { textContent: name }), iconSize: null });
      L.marker([latitude, longitude], { icon, interactive: false, keyboard: false, pane: "towns" }).addTo(names);
    }
  };

  const drawBase = () => {
    if (tiles) {
      L.tileLayer(tiles, { attribution }).addTo(map);
      return;
    }
    map.attributionControl.addAttribution("U.S. Census Bureau, GeoNames");
    outline(states, "state");
    drawCounties();
    map.on("zoomend", drawCounties);
    read(towns).then((found) => {
      everyTown = found;
      nameTowns();
      map.on("moveend", nameTowns);
    });
  };

  // — what is on it —

  const shown = L.layerGroup().addTo(map);
  const markersByLead = new Map();
  let clusters = [];
  let asking = null;

  const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });

  const marker = (latitude, longitude, html, label, onClick) => {
    const icon = L.divIcon({ className: "stands", html, iconSize: null });
    const made = L.marker([latitude, westward(longitude)], { icon, riseOnHover: true }).addTo(shown).on("click", onClick);
    made.getElement().setAttribute("aria-label", label);
    made.on("keypress", (event) => event.originalEvent.key === "Enter" && onClick());
    return made;
  };

  const short = (count) => (count < 1_000 ? String(count) : `${Number((count / 1_000).toPrecision(count < 10_000 ? 2 : 3))}k`);

  const showCluster = (cluster, isEstimated) => {
    const size = cluster.count < 10 ? "small" : cluster.count < 1_000 ? "middle" : "large";
    const bubble = make("span", `bubble ${size}`, short(cluster.count));
    const label = `${isEstimated ? "About " : ""}${cluster.count.toLocaleString("en-US")} leads. Come nearer`;
    const box = L.latLngBounds([cluster.south, westward(cluster.west)], [cluster.north, westward(cluster.east)]);
    const nearer = () => {
      const zoom = Math.max(map.getZoom() + 1, Math.min(map.getBoundsZoom(box.pad(0.15)), map.getZoom() + 4));
      map.setView(box.getCenter(), Math.min(zoom, map.getMaxZoom()), { animate: !isStill });
    };
    clusters.push({ box, marker: marker(cluster.latitude, cluster.longitude, bubble, label, nearer) });
  };

  const showLead = (lead) => {
    const pin = make("span", `price-pin ${lead.tier} is-${lead.offer}`, `${lead.price_credits} cr`);
    const label = `${lead.title}, ${lead.price_credits} credits, ${lead.offer}`;
    const made = marker(lead.latitude, lead.longitude, pin, label, () => openCard(lead.id));
    made.on("mouseover", () => mark(lead.id, true)).on("mouseout", () => mark(lead.id, false));
    made.getElement().addEventListener("focus", () => mark(lead.id, true));
    made.getElement().addEventListener("blur", () => mark(lead.id, false));
    markersByLead.set(lead.id, made);
  };

  const say = ({ count, is_estimated: isEstimated, not_on_map: missing }) => {
    const here = `${isEstimated ? "About " : ""}${(isEstimated ? Number(count.toPrecision(2)) : count).toLocaleString("en-US")} here`;
    part("says").textContent = missing ? `${here}, ${missing.toLocaleString("en-US")} without a place` : here;
  };

  const show = (seen) => {
    const focused = [...markersByLead].find(([, { _icon }]) => _icon === document.activeElement)?.[0];
    shown.clearLayers();
    markersByLead.clear();
    clusters = [];
    for (const cluster of seen.clusters) showCluster(cluster, seen.is_estimated);
    for (const lead of seen.leads) showLead(lead);
    markersByLead.get(focused)?.getElement().focus({ preventScroll: true });
    say(seen);
    element.dataset.shown = String(seen.count);
  };

  const ask = (bounds, zoom, signal) => {
    const clip = (latitude) => Math.max(-90, Math.min(90, latitude)).toFixed(5);
    const bbox = [eastward(bounds.getWest()), clip(bounds.getSouth()), eastward(bounds.getEast()), clip(bounds.getNorth())].join(",");
    const query = new URLSearchParams(filters());
    query.set("bbox", bbox);
    query.set("zoom", String(Math.round(zoom)));
    return read(`${source}?${query}`, { signal });
  };

  const isSeen = () => element.offsetWidth > 0;

  const reload = () => {
    if (!isSeen()) return;
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    ask(map.getBounds(), map.getZoom(), signal).then(show).catch(() => {
      if (!signal.aborted) part("says").textContent = "The map did not load. Move it to try again.";
    });
  };

  // — the list and the map point at each other —

  const cardOf = (leadId) => document.getElementById(`lead-${leadId}`);
  const mark = (leadId, isMarked) => cardOf(leadId)?.classList.toggle("is-pointed-at", isMarked);

  const closeCard = () => {
    document.querySelectorAll(".lead.is-chosen").forEach((card) => card.classList.remove("is-chosen"));
    part("card").replaceChildren();
  };

  const openCard = (leadId) => {
    closeCard();
    const card = cardOf(leadId);
    if (!card) {
      htmx.ajax("GET", `${leads}${leadId}/card/`, { target: "#map-card", swap: "innerHTML" }).then(() => part("card").querySelector(".card-title a")?.focus());
      return;
    }
    card.classList.add("is-chosen");
    card.scrollIntoView({ block: "center", behavior: isStill ? "auto" : "smooth" });
    card.querySelector(".card-title a")?.focus({ preventScroll: true });
  };

  const pointAt = (card, isPointed) => {
    const { leadId, latitude, longitude } = card.dataset;
    const around = latitude ? clusters.find(({ box }) => box.contains([Number(latitude), westward(Number(longitude))])) : null;
    const pointed = markersByLead.get(leadId) ?? around?.marker;
    pointed?.getElement()?.classList.toggle("is-pointed-at", isPointed);
    pointed?.setZIndexOffset(isPointed ? 1_000 : 0);
  };

  for (const [event, isPointed] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]]) {
    document.addEventListener(event, ({ target }) => {
      const card = target.closest?.("#lead-results .lead");
      if (card) pointAt(card, isPointed);
    });
  }

  // — the area that is searched, and drawing one —

  const area = L.layerGroup().addTo(map);
  const sketch = L.layerGroup().addTo(map);
  let corners = null;

  const showArea = () => {
    area.clearLayers();
    const polygon = address().searchParams.get("polygon");
    part("clear").hidden = !polygon;
    if (!polygon) return null;
    try {
      return L.geoJSON(JSON.parse(polygon), { style: { className: "area", interactive: false }, coordsToLatLng: place }).addTo(area);
    } catch {
      return null; // not GeoJSON: the list says so
    }
  };

  const showSketch = () => {
    sketch.clearLayers();
    if (!corners) return;
    L.polygon(corners, { className: "area is-sketch", interactive: false }).addTo(sketch);
    for (const corner of corners) L.circleMarker(corner, { radius: 5, className: "corner", interactive: false }).addTo(sketch);
    part("finish").disabled = corners.length < 3;
    part("undo").disabled = corners.length === 0;
  };

  const setDrawing = (isDrawing) => {
    corners = isDrawing ? [] : null;
    element.classList.toggle("is-drawing", isDrawing);
    part("drawing").hidden = !isDrawing;
    part("draw").hidden = isDrawing;
    if (isDrawing) {
      part("here").hidden = true;
      map.doubleClickZoom.disable();
      element.focus({ preventScroll: true });
    } else {
      map.doubleClickZoom.enable();
    }
    showSketch();
  };

  const addCorner = (at) => {
    corners.push(at);
    showSketch();
  };

  const undo = () => {
    corners.pop();
    showSketch();
  };

  const asRing = (places) => [...places, places[0]].map(({ lat, lng }) => [eastward(lng), Number(lat.toFixed(4))]);

  const finish = () => {
    if (corners.length < 3) return;
    const ring = asRing(corners);
    setDrawing(false);
    searchIn(ring);
  };

  const searchHere = () => {
    const bounds = map.getBounds().pad(-0.02);
    part("here").hidden = true;
    searchIn(asRing([bounds.getSouthWest(), bounds.getSouthEast(), bounds.getNorthEast(), bounds.getNorthWest()]));
  };

  const keys = { Enter: () => addCorner(map.getCenter()), Backspace: undo, Escape: () => setDrawing(false) };
  element.addEventListener("keydown", (event) => {
    if (!corners || event.target !== element || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  map.on("click", ({ latlng }) => (corners ? addCorner(latlng) : closeCard()));
  document.addEventListener("keydown", (event) => event.key === "Escape" && !corners && closeCard());
  map.on("dblclick", () => corners && finish());
  part("draw").addEventListener("click", () => setDrawing(true));
  part("finish").addEventListener("click", finish);
  part("undo").addEventListener("click", undo);
  part("cancel").addEventListener("click", () => setDrawing(false));
  part("here").addEventListener("click", searchHere);
  part("clear").addEventListener("click", () => searchIn(null));

  // — where it looks —

  let isMovedByUser = false;
  for (const act of ["pointerdown", "wheel", "keydown"]) element.addEventListener(act, () => { isMovedByUser = true; }, { passive: true });

  const tellWhere = () => {
    const { lat, lng } = map.getCenter();
    tell("at", `${lat.toFixed(4)},${lng.toFixed(4)},${map.getZoom()}`);
  };

  const moved = () => {
    reload();
    if (!isMovedByUser) return;
    tellWhere();
    part("here").hidden = corners !== null || map.getZoom() < SEARCHABLE_FROM_ZOOM;
  };

  const fit = (bounds) => map.fitBounds(bounds, { padding: [24, 24], maxZoom: 14, animate: false });

  // Looks at everything that the filters find: at the drawn area, or around all that matches.
  const fitToFound = () => {
    isMovedByUser = false;
    part("here").hidden = true;
    const drawn = showArea();
    if (drawn) return Promise.resolve(fit(drawn.getBounds()));
    return ask(L.latLngBounds(COUNTRY).pad(1), 3).then(({ clusters: together, leads: alone }) => {
      const bounds = L.latLngBounds([]);
      for (const { south, west, north, east } of together) bounds.extend([south, westward(west)]).extend([north, westward(east)]);
      for (const { latitude, longitude } of alone) bounds.extend([latitude, westward(longitude)]);
      const isNationwide = bounds.isValid() && bounds.getEast() - bounds.getWest() > WIDEST_DEGREES;
      fit(bounds.isValid() && !isNationwide ? bounds : COUNTRY);
    }).catch(() => fit(COUNTRY));
  };

  const startingPlace = () => {
    const [latitude, longitude, zoom] = (address().searchParams.get("at") ?? "").split(",").map(Number);
    const isPlace = [latitude, longitude, zoom].every(Number.isFinite) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 360;
    return isPlace ? { centre: [latitude, longitude], zoom } : null;
  };

  // — a phone shows one of the two —

  const finder = document.getElementById("finder");
  const views = document.querySelectorAll("a[data-view]");
  if (finder.dataset.view === "map") field("view").value = "map";
  const setView = (view) => {
    finder.dataset.view = view;
    for (const link of views) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    field("view").value = view === "map" ? "map" : "";
    tell("view", field("view").value);
  };
  for (const link of views) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      setView(link.dataset.view);
    });
  }

  // — what happens elsewhere —

  let lastFilters = filters();
  document.addEventListener("htmx:pushedIntoHistory", () => {
    closeCard();
    if (!isBegun) return;
    if (filters() === lastFilters) {
      if (isMovedByUser) tellWhere();
      return;
    }
    lastFilters = filters();
    fitToFound().then(reload);
  });

  let due = 0;
  document.addEventListener("lead:changed", ({ detail }) => {
    if (due || !markersByLead.has(detail.lead)) return;
    due = setTimeout(() => { due = 0; reload(); }, FIRST_RELOAD_MS + Math.random() * RELOAD_SPREAD_MS);
  });

  // A map that is not seen has no size, so that nothing can be fitted into it.
  let isBegun = false;
  const begin = () => {
    if (isBegun || !isSeen()) return;
    isBegun = true;
    const start = startingPlace();
    if (start) map.setView(start.centre, start.zoom, { animate: false });
    else map.fitBounds(COUNTRY, { animate: false });
    drawBase();
    showArea();
    (start ? Promise.resolve() : fitToFound()).then(() => {
      map.on("moveend", moved);
      reload();
    });
  };

  document.documentElement.classList.add("has-map");
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    begin();
  }).observe(element);
})();
