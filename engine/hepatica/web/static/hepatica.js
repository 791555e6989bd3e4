// Adds to a page that works without it: the answer follows the form, and the address follows the answer.
"use strict";

// On a narrow screen what is known already is folded away, so that the answer comes first.
const narrow = matchMedia("(max-width: 61.99rem)");
for (const folded of document.querySelectorAll("details[data-fold]")) {
  const troubled = folded.querySelector(".errors p");
  if (narrow.matches && location.search && !troubled) folded.open = false;
  narrow.addEventListener("change", () => { if (!narrow.matches) folded.open = true; });
}

(() => {
  const form = document.getElementById("form");
  if (!form) return;
  const status = document.getElementById("status");
  const UNKNOWN = "unknown";
  let running = null;
  let waiting = 0;

  // The case as the shortest query that says it: nothing empty, nothing unknown, a unit only beside its amount.
  const query = () => {
    const given = new FormData(form);
    const stated = new URLSearchParams();
    for (const [name, value] of given) {
      const text = String(value).trim();
      const amount = name.endsWith(".unit") ? String(given.get(name.slice(0, -".unit".length)) || "").trim() : "-";
      if (text && text !== UNKNOWN && amount) stated.append(name, text);
    }
    return stated.toString();
  };

  const address = () => (query() ? `/answer?${query()}` : "/answer");

  const swap = (fresh, selector) => {
    const old = document.querySelector(selector);
    const next = fresh.querySelector(selector);
    if (old && next) old.replaceWith(next);
  };

  const openKeys = () => new Set([...document.querySelectorAll("#answer details[open][data-key]")].map((e) => e.dataset.key));

  const showErrors = (fresh) => {
    for (const place of document.querySelectorAll("[data-errors-for]")) {
      const next = fresh.querySelector(`[data-errors-for="${CSS.escape(place.dataset.errorsFor)}"]`);
      place.replaceChildren(...(next ? next.childNodes : []));
      const control = document.querySelector(`[aria-describedby~="${CSS.escape(place.id)}"]`);
      if (!control) continue;
      if (place.childElementCount) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  const showComputed = (fresh) => {
    for (const place of document.querySelectorAll("[data-computed-for]")) {
      const next = fresh.querySelector(`[data-computed-for="${CSS.escape(place.dataset.computedFor)}"]`);
      place.replaceChildren(...(next ? next.childNodes : []));
    }
  };

  // An answer that no longer follows the form says so, where it is read and where it is heard.
  const OUTDATED = "This answer is of an earlier case: the new one could not be fetched. Press \u201cShow the answer\u201d to try again.";
  const sayOutdated = (answer) => {
    status.textContent = OUTDATED;
    if (document.getElementById("outdated")) return;
    const said = document.createElement("p");
    said.id = "outdated";
    said.className = "warning";
    said.textContent = OUTDATED;
    answer.prepend(said);
  };

  const update = async () => {
    if (running) running.abort();
    running = new AbortController();
    const target = address();
    const answer = document.getElementById("answer");
    answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(target, { signal: running.signal, credentials: "omit" });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!fresh.getElementById("answer")) throw new Error(String(response.status));
      const keys = openKeys();
      for (const selector of ["#answer", "#views", "#twin"]) swap(fresh, selector);
      for (const entry of document.querySelectorAll("#answer details[data-key]")) entry.open = keys.has(entry.dataset.key);
      showErrors(fresh);
      showComputed(fresh);
      history.replaceState(null, "", target);
      status.textContent = document.getElementById("answer").dataset.summary;
    } catch (error) {
      if (error.name === "AbortError") return;
      answer.removeAttribute("aria-busy");
      sayOutdated(answer);
    }
  };

  const soon = (delay) => {
    clearTimeout(waiting);
    waiting = setTimeout(update, delay);
  };

  // "Unknown" and "none of these" stand alone in a list of words.
  const settle = (box) => {
    const boxes = [...box.closest("fieldset").querySelectorAll("input[type=checkbox]")];
    const alone = (one) => one.value === UNKNOWN || one.value === "none";
    if (box.checked) for (const other of boxes) if (other !== box && (alone(box) || alone(other))) other.checked = false;
    if (!boxes.some((one) => one.checked)) boxes.find((one) => one.value === UNKNOWN).checked = true;
  };

  // What was changed before this script was there counts, too.
  const changed = (one) => {
    if (one.type === "radio" || one.type === "checkbox") return one.checked !== one.defaultChecked;
    if (one.matches("select")) return [...one.options].some((option) => option.defaultSelected && !option.selected);
    return one.value !== one.defaultValue;
  };
  if ([...form.querySelectorAll("input, select")].some(changed)) soon(0);

  form.addEventListener("change", (event) => {
    if (event.target.type === "checkbox") settle(event.target);
    soon(0);
  });
  form.addEventListener("input", (event) => {
    if (event.target.type === "text") soon(250);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    soon(0);
    if (narrow.matches) document.getElementById("answer").scrollIntoView();
  });
})();
