// What a page can do beyond HTML; the server draws every state and decides.

const DAYS_KEPT = 30;
const SAVE_AFTER = 1200;
const LONGEST_WAIT = 60_000;
const LONGEST_VALUE = 200;
const UNREAD = [400, 403, 411, 413, 415];
const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// The rules of surveys/kinds, as Kind.rule gives them.

const BLANK = "(?:(?!\\ufeff)[\\s\\x1c-\\x1f\\x85])+";
const EDGES = new RegExp(`^${BLANK}|${BLANK}$`, "g");
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]/u;
const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15}|,(\d{1,2}|\d{4,15}))?$/;
const LARGEST = 1e11;
const DAY = /^(?!0000)\d{4}-\d\d-\d\d$/;
const OPEN_LENGTH = 300;
const trim = (text) => text.replace(EDGES, "");
const fold = (text) => text.toUpperCase().toLowerCase();

const refuse = (code, limit) => ({ code, limit });

const clean = (text, most) => {
  const words = trim(text.replace(/\r\n?/g, "\n"));
  if (UNPRINTABLE.test(words)) return refuse("unprintable");
  return [...words].length > most ? refuse("too_long", most) : words;
};

const only = (values) => {
  const given = values.filter(trim);
  return given.length === 1 ? given[0] : "";
};

// The open choice with its words, unless they are refused.
const other = (text = "") => {
  const words = clean(text, OPEN_LENGTH);
  return words.code ? words : Object.assign(["other"], { words });
};

// `of` gives the values of the question's field, or of the one with that ending.
const readers = {
  point(of, low, high) {
    const value = only(of(""));
    return /^\d{1,3}$/.test(value) && value >= low && value <= high ? +value : undefined;
  },
  number(of, low, high, decimals) {
    const text = trim(only(of("")));
    if (!text) return undefined;
    const value = +text.replace(",", ".");
    if (!NUMBER.test(text) || Math.abs(value) > LARGEST) return refuse("not_a_number");
    if (low !== null && value < low) return refuse("number_too_low", low);
    if (high !== null && value > high) return refuse("number_too_high", high);
    if (+value.toFixed(decimals) === value) return value;
    return decimals ? refuse("too_many_decimals", decimals) : refuse("not_whole");
  },
  day(of, low, high) {
    const text = trim(only(of("")));
    if (!text) return undefined;
    const day = new Date(DAY.test(text) ? text : NaN);
    if (isNaN(day) || !day.toISOString().startsWith(text)) return refuse("not_a_date");
    if (low && text < low) return refuse("too_early", low);
    return high && text > high ? refuse("too_late", high) : text;
  },
  words(of, least, most, code, expression) {
    const words = clean(only(of("")), most);
    if (!words || words.code) return words || undefined;
    if ([...words].length < least) return refuse("too_short", least);
    return expression && !new RegExp(`^(?:${expression})$`, "u").test(words) ? refuse(code) : words;
  },
  pick(of, open) {
    const [pick] = of("").filter(Boolean);
    const isOpen = open && (pick ? pick === open : of(".other").some(trim));
    return isOpen ? other(...of(".other")) : pick && [pick];
  },
  picks(of, open, least, most, alone) {
    const picks = of("").filter(Boolean).map((key) => (key === open ? "other" : key));
    if (!picks.length) return undefined;
    const own = picks.includes("other") && other(...of(".other"));
    if (own.code) return own;
    const isAlone = picks.some((key) => alone.includes(key));
    if (isAlone && picks.length > 1) return refuse("exclusive");
    if (!isAlone && picks.length < least) return refuse("too_few_picks", least);
    if (most && picks.length > most) return refuse("too_many_picks", most);
    return Object.assign(picks, { words: own.words });
  },
  typed(of, open, choices) {
    const text = trim(only(of("")));
    const found =
      choices.find(([key]) => key === text) ??
      choices.find(([, ...names]) => text && names.some((name) => fold(name) === fold(text)));
    if (found && found[0] !== open) return [found[0]];
    if (text && !found && !open) return refuse("not_offered");
    if (text && !found) return other(text);
    return text || (open && of(".other").some(trim)) ? other(...of(".other")) : undefined;
  },
  ranks(of, choices, isPartial) {
    const order = [];
    for (const choice of choices) {
      const rank = only(of(`.${choice}`));
      if (rank && order[rank]) return refuse("rank_twice");
      if (rank) order[rank] = choice;
    }
    const ranked = order.filter(Boolean);
    if (!ranked.length) return undefined;
    return isPartial || ranked.length === choices.length ? ranked : refuse("rank_all");
  },
  rows(of, rows, alone) {
    const answer = new Map();
    for (const row of rows) {
      const picks = of(`.${row}`).filter(trim);
      if (picks.length > 1 && picks.some((key) => alone.includes(key))) return refuse("exclusive");
      if (picks.length) answer.set(row, picks);
    }
    return answer.size ? answer : undefined;
  },
};

// Branching as in surveys/branching.py, on what surveys/live.py left.

const holds = ([operator, ...parts], answers) => {
  if (operator === "all") return parts.every((part) => holds(part, answers));
  if (operator === "any") return parts.some((part) => holds(part, answers));
  if (operator === "not") return !holds(parts[0], answers);
  const [key, value] = parts;
  const answer = answers.get(key);
  if (operator === "answered" || answer === undefined) return answer !== undefined;
  if (operator === "less") return typeof answer === typeof value && answer < value;
  if (operator === "greater") return typeof answer === typeof value && answer > value;
  if (operator === "picked") return Array.isArray(answer) && answer.includes(value);
  if (operator === "says") return typeof answer === "string" && fold(answer).includes(fold(value));
  return value.includes(answer.length === 1 ? answer[0] : answer);
};

const lacking = (must, answer, rows) => {
  if (!must) return undefined;
  if (answer === undefined) return refuse(must);
  return answer instanceof Map && answer.size < rows.length ? refuse("rows_missing") : undefined;
};

/** Return what is asked, the answers, and why some are refused; `valuesOf` reads a field. */
export const judge = ({ questions, needs_answer: needsAnswer }, valuesOf) => {
  const answers = new Map();
  const refused = new Map();
  const asked = questions.filter(({ key, rule, must, show_if: condition }) => {
    if (condition && !holds(condition, answers)) return false;
    const [reader, ...rest] = rule ?? [];
    const answer = reader && readers[reader]((end) => valuesOf(key + end), ...rest);
    const fault = answer?.code ? answer : lacking(must, answer, rest[0]);
    if (fault) refused.set(key, fault);
    if (answer === undefined || answer === fault) return true;
    answers.set(key, answer);
    if (answer instanceof Map) answer.forEach((picks, row) => answers.set(`${key}.${row}`, picks));
    return true;
  });
  const first = asked.find(({ rule }) => rule);
  if (needsAnswer && first && !answers.size && !refused.size) refused.set(first.key, refuse("nothing_answered"));
  return { asked: asked.map(({ key }) => key), answers, refused };
};

let form, page, judged;
let savedBody, saving, isTouched, isBusy, waitingFor;
let saveTimer, retryTimer, goOnTimer;
let wait = 2000;

// Never as a property of the form: a question may be called "action".
const hidden = (name) => find(`input[type=hidden][name="${name}"]`, form);

const phrase = (name, count) => {
  // With a day in it the sentence comes as a whole.
  const words = page.words[`${name} ${count}`] ?? page.words[name];
  const text = words.other ? (words[new Intl.PluralRules(root.lang).select(count)] ?? words.other) : words;
  return text.replace(/\{\w+\}/, count);
};

const tell = (text, isLoud = false) => {
  const state = find(".state", form);
  state.textContent = text;
  state.classList.toggle("loud", isLoud);
};

const questionOf = (key) => find(`[id="${key}-q"]`, form);

const branch = () => {
  const fields = new FormData(form);
  // What a number's or a day's field cannot read, it sends as nothing.
  const valuesOf = (name) => (find(`[name="${name}"]`, form)?.validity.badInput ? ["?"] : fields.getAll(name));
  judged = judge(page, valuesOf);
  let news = 0;
  for (const { key } of page.questions) {
    const isShown = judged.asked.includes(key);
    const template = find(`template[data-for="${key}"]`, form);
    if (template && isShown) template.replaceWith(template.content);
    const question = questionOf(key);
    const isNew = isShown && (template || question.hidden);
    if (question) question.hidden = !isShown;
    if (!isNew) continue;
    question.classList.add("called");
    news += 1;
  }
  hidden("_shown").value = judged.asked.join(" ");
  return news;
};

// Texts that repeat an answer, as in surveys/filling.py.

const told = (key) => {
  const question = questionOf(key);
  const answer = judged.answers.get(key);
  const [reader, open] = page.questions.find((one) => one.key === key).rule;
  const own = () => [find("[data-told]", question).dataset.told, answer.words].filter(Boolean).join(": ");
  const text = (pick) => pick.dataset.told ?? (trim((pick.closest("label") ?? pick).textContent) || pick.value);
  const name = (pick) => (pick.value === open ? own() : text(pick));
  const picks = (within, between) => findAll(":checked", within).filter(({ value }) => value).map(name).join(between);
  if (answer === undefined) return "";
  const row = (one) => `${find("legend", one).textContent}: ${picks(one, " | ")}`;
  if (reader === "rows") return findAll(".row", question).filter((one) => find(":checked", one)).map(row).join("; ");
  const place = (one) => `${rankOf(one)}. ${find("label", one).textContent}`;
  if (reader === "ranks") return findAll(".ranked", question).map(place).join("; ");
  if (reader === "number") return `${answer} ${find(".unit", question)?.textContent ?? ""}`;
  return picks(question, ", ") || (answer.words === undefined ? find(".text", question).value : own());
};

const pipe = () => {
  const shown = ([key, fallback]) => trim(told(key)).replace(/\s+/g, " ").slice(0, LONGEST_VALUE) || fallback;
  for (const [place, parts] of page.texts) {
    const text = parts.map((part) => (typeof part === "string" ? part : shown(part))).join("");
    for (const element of findAll(place, form)) if (element.innerText !== text) element.innerText = text;
  }
};

// Beside each field, why its answer is not taken.

const mark = (key, fault) => {
  const question = questionOf(key);
  find(".said", question)?.remove();
  if (fault) {
    const textContent = phrase(`error.${fault.code}`, fault.limit);
    find(".controls", question).before(make("p", { className: "said", id: `${key}-error`, textContent }));
  }
  question.classList.remove("new");
  question.classList.toggle("wrong", !!fault);
  const described = find(`[id="${key}"]`, question) ?? question;
  const parts = ["help", "hint", "error"].map((part) => `${key}-${part}`);
  described.setAttribute("aria-describedby", parts.filter((id) => find(`[id="${id}"]`, question)).join(" "));
  const controls = "input:not([type=radio], .words *), select, textarea";
  for (const control of question.matches("[role=radiogroup]") ? [question] : findAll(controls, question)) {
    control.ariaInvalid = fault ? "true" : null;
  }
};

/** Say what is wrong, and return whether anything is; what has no words here is left to the server. */
const isRefused = () => {
  branch();
  const { asked, refused } = judged;
  if ([...refused.values()].some(({ code }) => !page.words[`error.${code}`])) return false;
  for (const key of asked) mark(key, refused.get(key));
  const [first] = refused.keys();
  if (!first) return false;
  find(".problems", form)?.remove();
  tell(phrase("problems", refused.size), true);
  questionOf(first).scrollIntoView();
  find(".handle, :checked, .controls :is(input, select, textarea)", questionOf(first)).focus({ preventScroll: true });
  return true;
};

const bodyOf = (go) => {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("_go", go);
  fields.set("_script", "1");
  return fields.toString();
};

const post = (body, options) =>
  fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(body), ...options });

// What a device remembers.

const PLACE = `earshot ${location.pathname}`;

const stored = (use) => {
  try {
    return use(localStorage);
  } catch {
    // A private window, or a full one.
  }
};

const remembered = () => {
  const kept = stored((memory) => JSON.parse(memory.getItem(PLACE)));
  return Date.now() - kept?.at < DAYS_KEPT * 86_400_000 ? kept : {};
};

const remember = (kept) => {
  const all = { key: hidden("_key").value, at: Date.now(), ...kept };
  if (page.keeps) stored((memory) => memory.setItem(PLACE, JSON.stringify(all)));
};

const forget = () => stored((memory) => memory.removeItem(PLACE));

// Keeping what is answered, once a person did something.

const keep = async (body, options) => {
  try {
    const response = await post(body, options);
    if (response.status >= 500) throw response;
    if (response.status !== 204) return;
    savedBody = body;
    remember();
    const faults = findAll(".wrong", form).length;
    tell(phrase(faults ? "problems" : "saved", faults), faults);
  } catch {
    remember({ body });
    tell(phrase("offline"), true);
  }
};

// Of two on their way the older could arrive last; who leaves cannot wait.
const save = async (options) => {
  clearTimeout(saveTimer);
  if (!options) await saving;
  const body = form && bodyOf(waitingFor ?? "save");
  if (!isTouched || isBusy || !page.keeps || body === savedBody) return;
  if (waitingFor) return remember({ body, isSent: true });
  saving = keep(body, options);
};

// What finds no connection waits; under its key it counts once.

const waitForConnection = (go) => {
  waitingFor = go;
  remember({ body: bodyOf(go), isSent: true });
  tell(phrase("offline"), true);
  find(".state", form).append(" ", button("link", { textContent: phrase("try_now"), onclick: () => turn(go) }));
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => turn(go), wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
};

const button = (className, rest) => make("button", { type: "button", className, ...rest });

const turn = async (go, written) => {
  if (isBusy || (go === "next" && !written && isRefused())) return;
  const body = written ?? bodyOf(go);
  isBusy = true;
  [saveTimer, retryTimer, goOnTimer].forEach(clearTimeout);
  form.classList.add("busy");
  await saving;
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
  // What cannot be read the browser shows itself: it can go back.
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
  // A phone would cover half of the screen with its keys.
  const field = matchMedia("(hover)").matches && find(".alone :is(input.text[id], textarea)");
  (notice || field || find(".alone .question") || find("h1")).focus({ preventScroll: !notice });
};

const begin = () => {
  form = find("form[data-answers]");
  isTouched = false;
  if (!form) return;
  page = JSON.parse(find("script", form).textContent);
  root.classList.add("live");
  findAll(".ranking", form).forEach(showRanks);
  branch();
  pipe();
  savedBody = bodyOf("save");
};

// Going on with what was begun on this device; a personal link's page comes filled.

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
      find(".resumed", form)?.append(" ", button("link", { textContent: phrase("start_over"), onclick: startOver }));
    } else if (response?.status === 204) {
      if (!kept.body) return forget();
      hidden("_key").value = kept.key;
    }
  }
  const fields = new URLSearchParams(kept.body);
  if (kept.body && fields.get("_page") === new FormData(form).get("_page")) fill(fields);
};

// Ranking by taps, dragging or arrow keys; the selects beneath hold the answer.

const rankOf = (item) => find("select", item).value;

const showRanks = (list) => {
  const items = findAll(".rank", list);
  items.sort((one, other) => (+rankOf(one) || Infinity) - (+rankOf(other) || Infinity));
  for (const item of items) {
    const handle = find(".handle", item);
    handle.textContent = rankOf(item) || "\u2013";
    handle.ariaLabel = [find("label", item).textContent, rankOf(item)].join(" ").trim();
    item.classList.toggle("ranked", rankOf(item));
    list.append(item);
  }
};

const rank = (item, isRanked = () => true) => {
  const list = item.parentElement;
  const ranked = findAll(".rank", list).filter(isRanked);
  findAll(".rank", list).forEach((one) => (find("select", one).value = ranked.indexOf(one) + 1 || ""));
  showRanks(list);
  find(".handle", item).focus();
  isTouched = true;
  find("select", item).dispatchEvent(new Event("change", { bubbles: true }));
};

// The next rank, or none for an item that has one.
const tapRank = (item) => {
  const wasRanked = rankOf(item);
  rank(item, (one) => (one === item ? !wasRanked : rankOf(one)));
};

const moveRank = (item, isUp) => {
  const { previousElementSibling: above, nextElementSibling: below } = item;
  if (rankOf(item)) isUp ? above?.before(item) : below?.after(item);
  rank(item);
};

let isDragged;

const dragRank = (event) => {
  const item = event.button === 0 && event.target.closest?.(".rank");
  if (!item) return;
  isDragged = false;
  event.preventDefault();
  item.setPointerCapture(event.pointerId);
  item.classList.add("dragged");
  item.onpointermove = ({ clientY }) => {
    const { previousElementSibling: above, nextElementSibling: below } = item;
    // The others move: one that leaves its place would lose the pointer.
    if (above && clientY < above.getBoundingClientRect().bottom - above.offsetHeight / 3) item.after(above);
    else if (below && clientY > below.getBoundingClientRect().top + below.offsetHeight / 3) item.before(below);
    else return;
    isDragged = true;
  };
  item.onlostpointercapture = () => {
    item.onpointermove = item.onlostpointercapture = null;
    item.classList.remove("dragged");
    if (isDragged) rank(item);
  };
};

// Keys in a question: digits, letters, Enter to go on.

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
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.isComposing || event.altKey || !question || !event.isTrusted) return;
  if (key === "Enter" && (isCommand || target === question)) {
    event.preventDefault();
    turn("next");
  }
  if (isCommand) return;
  if (target.matches(".handle") && /^Arrow(Up|Down)$/.test(key)) {
    event.preventDefault();
    moveRank(target.closest(".rank"), key === "ArrowUp");
  }
  if (target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
  if (/^[0-9]$/.test(key)) {
    clearTimeout(digitsTimer);
    digitsTimer = setTimeout(() => (digits = ""), 700);
    digits = find(`.point input[value="${digits + key}"]`, question) ? digits + key : key;
    if (press(find(`.point input[value="${digits}"]`, question))) goOnAlone(question, 700);
  } else if (/^[a-z]$/i.test(key)) {
    const choice = findAll(".choice label input", question)[key.toLowerCase().charCodeAt() - 97];
    if (!press(choice)) return;
    event.preventDefault();
    find(".words .text", choice.closest(".choice"))?.focus();
    goOnAlone(question, 350);
  }
};

// One question a screen: a pick goes on by itself, the arrow keys do not.

const goOnAlone = (question, delay) => {
  clearTimeout(goOnTimer);
  const picked = find("input[type=radio]:checked", question);
  if (!page.goes_on || !picked || picked.closest(".choice")?.querySelector(".words")) return;
  goOnTimer = setTimeout(() => turn("next"), delay);
};

const count = (field) => {
  const left = field.maxLength - field.value.length;
  const counter = find(".left", field.closest(".question")) ?? {};
  counter.textContent = left <= Math.max(20, field.maxLength / 5) ? phrase("characters_left", left) : "";
};

const change = (event) => {
  if (!form || event.target.form !== form) return;
  // A script's own click makes trusted events too; only a person's makes the page active.
  if (event.isTrusted && navigator.userActivation?.hasBeenActive !== false) isTouched = true;
  if (event.target.maxLength > 0) count(event.target);
  const news = branch();
  pipe();
  const key = event.target.closest(".wrong")?.id.slice(0, -2);
  if (key) mark(key, judged.refused.get(key));
  if (news) find(".news", form).textContent = phrase("more_questions", news);
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, SAVE_AFTER);
};

addEventListener("input", change);
addEventListener("change", change);
addEventListener("keydown", pressKey);
addEventListener("pointerdown", dragRank);
addEventListener("click", (event) => {
  const { target } = event;
  const question = target.closest?.(".question");
  if (!form || !question || !event.isTrusted) return;
  if (event.detail && target.closest("label, .point")) goOnAlone(question, 350);
  const item = target.closest(".rank");
  if (!item) return;
  event.preventDefault();
  if (!event.detail || !isDragged) tapRank(item);
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
