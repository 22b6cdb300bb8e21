// What a respondent's page can do beyond HTML. The page is whole without any of this: the server draws every
// state, decides what counts, and is asked again for whatever goes wrong here.

const DAYS_KEPT = 30;
const SAVE_AFTER = 1200;
const LONGEST_WAIT = 60_000;
const LONGEST_VALUE = 200;
const UNREAD = [400, 403, 411, 413, 415];
const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

// Reading answers: the rules of surveys/kinds, for the kinds that say how (Kind.reader).

const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const EDGES = new RegExp(`^${BLANK}|${BLANK}$`, "g");
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]/u;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15}|,(\d{1,2}|\d{4,15}))?$/;
const OPEN_LENGTH = 300;
const trim = (text) => text.replace(EDGES, "");

const clean = (text, most) => {
  const words = trim(text.replace(/\r\n?/g, "\n"));
  return UNPRINTABLE.test(words) || [...words].length > most ? undefined : words;
};

const only = (values) => {
  const given = values.filter(trim);
  return given.length === 1 ? given[0] : "";
};

const readers = {
  point(values, _, low, high) {
    const value = only(values);
    return /^[0-9]{1,3}$/.test(value) && value >= low && value <= high ? +value : undefined;
  },
  number(values, _, low, high, decimals) {
    const text = trim(only(values));
    const value = +text.replace(",", ".");
    const isFine = value >= low && value <= high && +value.toFixed(decimals) === value;
    return NUMBER.test(text) && isFine ? value : undefined;
  },
  words(values, _, least, most) {
    const words = clean(only(values), most);
    return words && [...words].length >= least ? words : undefined;
  },
  picks(values, said, least, most, open, alone) {
    const picks = values.filter(Boolean).map((key) => (key === open ? "other" : key));
    // A radio button cannot be taken back: who wrote words and pressed none meant the open choice.
    if (!picks.length && open && most === 1 && !least && trim(said)) picks.push("other");
    if (!picks.length || (open && picks.includes("other") && clean(said, OPEN_LENGTH) === undefined)) return undefined;
    if (picks.some((key) => alone.includes(key))) return picks.length === 1 ? picks : undefined;
    return picks.length < least || (most && picks.length > most) ? undefined : picks;
  },
};

// Branching: the rules of surveys/branching.py, on conditions that surveys/live.py cut down to this page.

const fold = (text) => text.toUpperCase().toLowerCase();

const holds = ([operator, ...parts], answers) => {
  if (operator === "all") return parts.every((part) => holds(part, answers));
  if (operator === "any") return parts.some((part) => holds(part, answers));
  if (operator === "not") return !holds(parts[0], answers);
  const [key, value] = parts;
  const answer = answers.get(key);
  if (operator === "answered" || answer === undefined) return answer !== undefined;
  if (operator === "less") return typeof answer === "number" && answer < value;
  if (operator === "greater") return typeof answer === "number" && answer > value;
  if (operator === "picked") return answer.includes(value);
  if (operator === "says") return typeof answer === "string" && fold(answer).includes(fold(value));
  return Array.isArray(answer) ? answer.length === 1 && value.includes(answer[0]) : value.includes(answer);
};

/** Return the keys of the questions that are asked; `valuesOf` gives what the form holds under a name. */
export const asked = (questions, valuesOf) => {
  const answers = new Map();
  const isAsked = ({ key, reader, show_if: condition }) => {
    if (condition && !holds(condition, answers)) return false;
    if (reader) {
      const [kind, ...rule] = reader;
      answers.set(key, readers[kind](valuesOf(key), valuesOf(`${key}.other`)[0] ?? "", ...rule));
    }
    return true;
  };
  return questions.filter(isAsked).map(({ key }) => key);
};

// The page as it stands; each answer of the server may bring the next one.

let form;
let page;
let conditional;
let always;
let savedBody;
let isTouched;
let isBusy;
let waitingFor;
let saveTimer;
let retryTimer;
let goOnTimer;
let wait = 2000;

// Never as a property of the form: a question may be called "action", and would stand in its place.
const hidden = (name) => find(`input[type=hidden][name="${name}"]`, form);

const phrase = (name, count) => {
  const words = page.words[name];
  const text = typeof words === "string" ? words : (words[new Intl.PluralRules(root.lang).select(count)] ?? words.other);
  return text.replace(/\{\w+\}/, count);
};

const tell = (text, isLoud = false) => {
  const state = find(".state", form);
  state.textContent = text;
  state.classList.toggle("loud", isLoud);
};

const branch = () => {
  const fields = new FormData(form);
  const shown = asked(page.questions, (name) => fields.getAll(name)).filter((key) => conditional.includes(key));
  let news = 0;
  for (const key of conditional) {
    const isShown = shown.includes(key);
    const template = find(`template[data-for="${key}"]`, form);
    if (template && isShown) template.replaceWith(template.content);
    const question = find(`[id="${key}-q"]`, form);
    const isNew = isShown && (template || question.hidden);
    if (question) question.hidden = !isShown;
    if (!isNew) continue;
    question.classList.add("called");
    news += 1;
  }
  hidden("_shown").value = [...always, ...shown].join(" ");
  return news;
};

// Texts that repeat an answer of the same page, as surveys/filling.py puts it in.

const shownOf = (key) => {
  const controls = find(`[id="${key}-q"]:not([hidden])`, form) ? findAll(`[name="${key}"]`, form) : [];
  const told = controls.map((control) => {
    if (control.type === "radio" || control.type === "checkbox") {
      if (!control.checked) return "";
      return control.closest("label")?.textContent ?? control.value;
    }
    return control.tagName === "SELECT" ? control.value && control.selectedOptions[0].text : control.value;
  });
  return told.filter(trim).map(trim).join(", ").replace(/\s+/g, " ").slice(0, LONGEST_VALUE);
};

const pipe = () => {
  for (const [key, parts] of Object.entries(page.texts)) {
    const told = find(`[id="${key}-q"] .told`, form);
    const text = parts.map((part) => (typeof part === "string" ? part : shownOf(part[0]) || part[1])).join("");
    if (told && told.innerText !== text) told.innerText = text;
  }
};

const bodyOf = (go) => {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("_go", go);
  fields.set("_script", "1");
  return fields.toString();
};

const post = (body, options) =>
  fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(body), credentials: "same-origin", ...options });

// What a device remembers of a visit: its key, and what could not be sent. Nothing on a device of many people.

const PLACE = `earshot ${location.pathname}`;

const remembered = () => {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE)) ?? {};
    return Date.now() - kept.at < DAYS_KEPT * 86_400_000 ? kept : {};
  } catch {
    return {};
  }
};

const remember = (kept) => {
  if (!page.keeps) return;
  try {
    localStorage.setItem(PLACE, JSON.stringify({ key: hidden("_key").value, at: Date.now(), ...kept }));
  } catch {
    // A private window, or a full one. What the server keeps has to do.
  }
};

const forget = () => {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // As above.
  }
};

// Keeping what is answered so far; only after a person did something, for a loaded page alone says nothing.

const save = async (options) => {
  clearTimeout(saveTimer);
  const body = form && bodyOf(waitingFor ?? "save");
  if (!isTouched || isBusy || !page.keeps || body === savedBody) return;
  if (waitingFor) return remember({ body, isSent: true });
  try {
    const response = await post(body, options);
    if (response.status !== 204) return;
    savedBody = body;
    remember();
    tell(phrase("saved"));
  } catch {
    remember({ body });
    tell(phrase("offline"), true);
  }
};

// Sending. What finds no connection waits on the device under its key, so that it counts once, however often it is
// tried; what the server answers with is the next page.

const waitForConnection = (go) => {
  waitingFor = go;
  remember({ body: bodyOf(go), isSent: true });
  tell(phrase("offline"), true);
  find(".state", form).append(" ", linkButton(phrase("try_now"), () => turn(go)));
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => turn(go), wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
};

const linkButton = (text, onclick) =>
  Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: text, onclick });

const turn = async (go, body = bodyOf(go)) => {
  if (isBusy) return;
  isBusy = true;
  [saveTimer, retryTimer, goOnTimer].forEach(clearTimeout);
  form.classList.add("busy");
  const response = await post(body).catch(() => undefined);
  isBusy = false;
  form.classList.remove("busy");
  if (!response || response.status >= 500) return waitForConnection(go);
  waitingFor = undefined;
  wait = 2000;
  if (response.status === 201) {
    isTouched = false;
    forget();
    return location.assign(response.headers.get("Location"));
  }
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  // What could not even be read is shown by the browser itself, which can go back to what was typed.
  if (UNREAD.includes(response.status) && !find("form[data-answers]", next)) return HTMLFormElement.prototype.submit.call(form);
  show(next);
  if (form && response.ok) remember();
};

const show = (next) => {
  root.lang = next.documentElement.lang;
  root.dir = next.documentElement.dir;
  document.title = next.title;
  const main = find("main", next);
  const notice = find("[autofocus]", main);
  notice?.removeAttribute("autofocus");
  main.className = "turned";
  find("main").replaceWith(main);
  begin();
  scrollTo(0, 0);
  (notice ?? find(".alone .question") ?? find("h1")).focus({ preventScroll: !notice });
};

const begin = () => {
  form = find("form[data-answers]");
  isTouched = false;
  if (!form) return;
  page = JSON.parse(find("script", form).textContent);
  conditional = page.questions.filter(({ show_if: condition }) => condition).map(({ key }) => key);
  always = hidden("_shown").value.split(" ").filter((key) => key && !conditional.includes(key));
  root.classList.add("live");
  findAll(".ranking", form).forEach(showRanks);
  branch();
  pipe();
  savedBody = bodyOf("save");
};

// Going on with what was begun on this device; a personal link's page comes with what the server kept.

const fill = (fields) => {
  for (const name of new Set(fields.keys())) {
    const values = fields.getAll(name);
    for (const control of name.startsWith("_") ? [] : findAll(`[name="${CSS.escape(name)}"]`, form)) {
      if (/^(radio|checkbox)$/.test(control.type)) control.checked = values.includes(control.value);
      else [control.value] = values;
    }
    branch();
  }
  isTouched = true;
};

const startOver = () => {
  isTouched = false;
  forget();
  location.reload();
};

const resume = async () => {
  const kept = remembered();
  if (!form || !page.keeps || !kept.key) return;
  if (kept.isSent) return turn(new URLSearchParams(kept.body).get("_go"), kept.body);
  if (!page.is_resumed) {
    const fields = { _go: "resume", _key: kept.key, _language: hidden("_language").value };
    const response = await post(fields).catch(() => undefined);
    if (response?.status === 200) {
      show(new DOMParser().parseFromString(await response.text(), "text/html"));
      find(".resumed", form)?.append(" ", linkButton(phrase("start_over"), startOver));
    } else if (response?.status === 204) {
      if (!kept.body) return forget();
      hidden("_key").value = kept.key;
    }
  }
  const fields = new URLSearchParams(kept.body);
  if (kept.body && fields.get("_page") === new FormData(form).get("_page")) fill(fields);
};

// Ranking: by dragging an item, or by the arrow keys on its handle; the selects beneath hold the answer.

const rankOf = (item) => find("select", item).value;

const showRanks = (list) => {
  const items = findAll(".rank", list);
  items.sort((one, other) => (+rankOf(one) || Infinity) - (+rankOf(other) || Infinity));
  for (const item of items) {
    const handle = find(".handle", item) ?? makeHandle(item);
    handle.textContent = rankOf(item) || "\u2013";
    handle.ariaLabel = [find("label", item).textContent, rankOf(item)].join(" ").trim();
    item.classList.toggle("ranked", rankOf(item));
    list.append(item);
  }
};

const makeHandle = (item) => {
  const handle = Object.assign(document.createElement("button"), { type: "button", className: "handle" });
  item.prepend(handle);
  return handle;
};

const rank = (item) => {
  const list = item.parentElement;
  findAll("select", list).forEach((select, place) => {
    select.value = place + 1;
  });
  showRanks(list);
  find(".handle", item).focus();
  isTouched = true;
  find("select", item).dispatchEvent(new Event("change", { bubbles: true }));
};

const moveRank = (item, isUp) => {
  const other = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (rankOf(item)) other?.[isUp ? "before" : "after"](item);
  rank(item);
};

const dragRank = (event) => {
  const item = event.button === 0 && event.target.closest?.(".live .rank");
  if (!item) return;
  event.preventDefault();
  item.setPointerCapture(event.pointerId);
  item.classList.add("dragged");
  item.onpointermove = ({ clientY }) => {
    const { previousElementSibling: above, nextElementSibling: below } = item;
    // The others move: an item that leaves its place would lose the pointer.
    if (above && clientY < above.getBoundingClientRect().bottom - above.offsetHeight / 3) item.after(above);
    else if (below && clientY > below.getBoundingClientRect().top + below.offsetHeight / 3) item.before(below);
  };
  item.onlostpointercapture = () => {
    item.onpointermove = null;
    item.onlostpointercapture = null;
    item.classList.remove("dragged");
    rank(item);
  };
};

// Keys, where the focus is in a question: digits for points, letters for choices, Enter to go on.

let digits = "";
let digitsTimer;

const press = (control) => {
  control?.click();
  control?.focus();
  return control;
};

const pressKey = (event) => {
  const { target, key } = event;
  const question = target.closest?.(".question");
  if (event.isComposing || event.altKey || !question || !event.isTrusted) return;
  if (key === "Enter" && (event.ctrlKey || event.metaKey || target === question)) {
    event.preventDefault();
    turn("next");
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (target.matches(".handle") && /^Arrow(Up|Down)$/.test(key)) {
    event.preventDefault();
    moveRank(target.closest(".rank"), key === "ArrowUp");
    return;
  }
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
  if (/^[0-9]$/.test(key)) {
    clearTimeout(digitsTimer);
    digitsTimer = setTimeout(() => (digits = ""), 700);
    digits = find(`.point input[value="${digits + key}"]`, question) ? digits + key : key;
    if (press(find(`.point input[value="${digits}"]`, question))) goOnAlone(question, 700);
  } else if (/^[a-z]$/i.test(key)) {
    const choice = findAll(".choice label input", question)[key.toLowerCase().charCodeAt() - 97];
    if (press(choice)) goOnAlone(question, 350);
  }
};

// One question a screen: a pick made by pointer, digit or letter goes on by itself. The arrow keys only look around.

const goOnAlone = (question, delay) => {
  clearTimeout(goOnTimer);
  const picked = find("input[type=radio]:checked", question);
  if (!page.goes_on || !picked || picked.closest(".choice")?.querySelector(".words")) return;
  goOnTimer = setTimeout(() => turn("next"), delay);
};

// What people do.

const count = (field) => {
  const left = field.maxLength - field.value.length;
  const counter = find(".left", field.closest(".question"));
  if (counter) counter.textContent = left <= Math.max(20, field.maxLength / 5) ? phrase("characters_left", left) : "";
};

const change = (event) => {
  if (!form || event.target.form !== form) return;
  // A script's own click makes trusted events too; only a person's makes the page active.
  if (event.isTrusted && navigator.userActivation?.hasBeenActive !== false) isTouched = true;
  if (event.target.maxLength > 0) count(event.target);
  const news = branch();
  pipe();
  if (news) find(".news", form).textContent = phrase("more_questions", news);
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, SAVE_AFTER);
};

addEventListener("input", change);
addEventListener("change", change);
addEventListener("keydown", pressKey);
addEventListener("pointerdown", dragRank);
addEventListener("click", (event) => {
  const question = event.target.closest?.(".question");
  if (form && question && event.isTrusted && event.detail && event.target.closest("label, .point")) {
    goOnAlone(question, 350);
  }
});
addEventListener("submit", (event) => {
  if (event.target !== form) return;
  event.preventDefault();
  turn(event.submitter?.value ?? "next");
});
addEventListener("online", () => (waitingFor ? turn(waitingFor) : save()));
addEventListener("pagehide", () => save({ keepalive: true }));
addEventListener("visibilitychange", () => document.hidden && save({ keepalive: true }));

begin();
resume();
