// Adds to a page that works without it: the answer follows the form, and the address follows the answer.
"use strict";

// On a narrow screen what is known already is folded away, so that the answer comes first.
const narrow = matchMedia("(max-width: 61.99rem)");
const unfold = () => {
  for (const folded of document.querySelectorAll("details[data-fold]")) folded.open = !narrow.matches;
};
if (!narrow.matches) unfold();
narrow.addEventListener("change", unfold);

// The tabs are one row that scrolls: the present one is in sight.
document.querySelector("#views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Paper knows neither the day nor where the page is found again. The case is printed as facts; its long address is on the handout.
addEventListener("beforeprint", () => {
  const from = document.body.matches(".page-handout") ? location.href : `${location.host}${location.pathname}`;
  document.getElementById("printed").textContent = `Printed ${new Date().toISOString().slice(0, 10)} from ${from}`;
});

(() => {
  const form = document.getElementById("form");
  if (!form) return;
  const status = document.getElementById("status");
  const UNKNOWN = "unknown";
  let running = null;
  let waiting = 0;

  // The case as the shortest query that says it: nothing empty, nothing unknown.
  const query = () => {
    const stated = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const text = String(value).trim();
      if (text && text !== UNKNOWN) stated.append(name, text);
    }
    return stated.toString();
  };

  const address = () => (query() ? `/answer?${query()}` : "/answer");

  const swap = (fresh, selector) => {
    const old = document.querySelector(selector);
    const next = fresh.querySelector(selector);
    if (old && next) old.replaceWith(next);
  };

  // What is open stays open: a section is known by its id, an entry by its section and its summary.
  const key = (details) => details.id || `${details.closest("[id]").id}/${details.querySelector("summary").textContent}`;
  const openKeys = () => new Set([...document.querySelectorAll("#answer .report details[open]")].map(key));

  const showErrors = (fresh) => {
    for (const place of document.querySelectorAll("[data-errors-for]")) {
      const next = fresh.querySelector(`[data-errors-for="${CSS.escape(place.dataset.errorsFor)}"]`);
      place.replaceChildren(...(next ? next.childNodes : []));
      const control = place.id && document.querySelector(`[aria-describedby~="${CSS.escape(place.id)}"]`);
      if (!control) continue;
      if (place.childElementCount) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  // How a text was read, and what follows from other fields. A choice that the reader is in is left alone.
  const showComputed = (fresh) => {
    for (const place of form.querySelectorAll("[data-echo-for]")) {
      const next = fresh.querySelector(`[data-echo-for="${CSS.escape(place.dataset.echoFor)}"]`);
      if (next) place.replaceChildren(...next.childNodes);
    }
    for (const place of form.querySelectorAll("[data-choices-for]")) {
      const next = fresh.querySelector(`[data-choices-for="${CSS.escape(place.dataset.choicesFor)}"]`);
      if (next && !place.contains(document.activeElement)) place.replaceChildren(...next.childNodes);
    }
  };

  const NOTE = "outdated";
  const OUTDATED = "This answer is of an earlier case: the new one could not be fetched. Press \u201cShow the answer\u201d to try again.";
  const REFUSED = "This answer is of the case before the last change, which cannot be used:";

  // An answer that no longer follows the form is greyed, and says why where it is read and where it is heard.
  const sayStale = (text, reasons) => {
    const answer = document.getElementById("answer");
    answer.removeAttribute("aria-busy");
    answer.classList.add("stale");
    document.getElementById(NOTE)?.remove();
    const said = document.createElement("div");
    said.id = NOTE;
    const sentence = said.appendChild(document.createElement("p"));
    sentence.className = "bad";
    sentence.textContent = text;
    if (reasons) said.append(reasons);
    answer.prepend(said);
    status.textContent = said.textContent;
  };

  const show = (fresh, target) => {
    const keys = openKeys();
    for (const selector of ["#answer", "#views ul", "#json", ".case .brief"]) swap(fresh, selector);
    const answer = document.getElementById("answer");
    if (!narrow.matches) unfold();
    for (const details of answer.querySelectorAll(".report details")) if (keys.has(key(details))) details.open = true;
    history.replaceState(null, "", target);
    status.textContent = answer.dataset.summary;
  };

  const update = async () => {
    if (running) running.abort();
    running = new AbortController();
    const target = address();
    document.getElementById("answer").setAttribute("aria-busy", "true");
    try {
      const response = await fetch(target, { signal: running.signal, credentials: "omit" });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!fresh.getElementById("answer")) throw new Error(String(response.status));
      showErrors(fresh);
      if (response.status === 422) sayStale(REFUSED, fresh.querySelector("#answer .problem-list"));
      else {
        showComputed(fresh);
        show(fresh, target);
      }
    } catch (error) {
      if (error.name !== "AbortError") sayStale(OUTDATED);
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
