// Shows a survey on another website: <script src="…/embed.js" data-survey="slug" async></script>.
// Without cookies and without anyone's script but this; the survey itself is a page in a frame.
(() => {
  const script = document.currentScript;
  const { survey, mode, delay, scroll, exit, sample, once = "30", lang, title = "Survey", close = "Close" } = script.dataset;
  const base = new URL(script.src).origin;
  const memory = `earshot:${survey}`;
  const STYLE = `
    :host { all: initial; display: block; }
    iframe { display: block; width: 100%; height: 24rem; border: 0; color-scheme: normal; background: transparent; }
    [role=dialog] { position: fixed; z-index: 2147483000; inset: auto 1rem 1rem auto; width: min(27rem, calc(100vw - 2rem));
      border: 1px solid #8886; border-radius: 14px; background: Canvas; box-shadow: 0 12px 48px #0004;
      color-scheme: light dark; animation: rise .25s ease-out; }
    [role=dialog] > div { max-height: calc(100vh - 4rem); overflow: auto; border-radius: inherit; }
    button { position: absolute; inset: -22px 8px auto auto; width: 44px; height: 44px; border: 1px solid #8888;
      border-radius: 50%; background: Canvas; color: CanvasText; font: 24px/1 system-ui, sans-serif; cursor: pointer; }
    button:hover { filter: brightness(.92); }
    button:focus-visible { outline: 3px solid Highlight; }
    @keyframes rise { from { transform: translateY(1rem); opacity: 0; } }
    @media (max-width: 36rem) { [role=dialog] { inset: auto 0 0 0; width: auto; border-radius: 14px 14px 0 0; } }
    @media (prefers-reduced-motion: reduce) { [role=dialog] { animation: none; } }`;

  // A browser that keeps nothing shows the survey each time.
  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(memory)) || {};
    } catch {
      return {};
    }
  };
  const remember = (what) => {
    try {
      localStorage.setItem(memory, JSON.stringify({ ...recall(), ...what }));
    } catch {}
  };

  const address = () => {
    const url = new URL(`/s/${encodeURIComponent(survey)}/`, base);
    if (lang) url.searchParams.set("lang", lang);
    for (const [name, value] of Object.entries(script.dataset)) {
      // data-hidden-plan="pro" arrives as hiddenPlan.
      if (/^hidden[A-Z]/.test(name)) {
        const field = name.slice(6).replace(/[A-Z]/g, (letter, at) => (at ? "_" : "") + letter.toLowerCase());
        url.searchParams.set(field, value);
      }
    }
    return url;
  };

  const framed = () => {
    const frame = Object.assign(document.createElement("iframe"), { title, src: address(), referrerPolicy: "no-referrer" });
    frame.setAttribute("sandbox", "allow-forms allow-scripts allow-same-origin allow-popups allow-top-navigation-by-user-activation");
    // The next page begins at its top, which may be out of sight by then.
    const begin = () => {
      const edge = frame.parentElement?.getBoundingClientRect().top ?? 0;
      if (frame.getBoundingClientRect().top < edge) frame.scrollIntoView();
    };
    let isLoaded = false;
    frame.addEventListener("load", () => {
      frame.contentWindow.postMessage({ earshot: "hello" }, base);
      if (isLoaded) begin();
      isLoaded = true;
    });
    addEventListener("message", ({ source, origin, data }) => {
      if (origin !== base || source !== frame.contentWindow) return;
      if (data?.earshot === "turned") begin();
      if (data?.earshot !== "height") return;
      if (data.height > 0) frame.style.height = `${Math.min(data.height, 10000)}px`;
      if (data.isDone) remember({ answered: Date.now() });
    });
    return frame;
  };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  if (mode !== "popup") {
    root.append(framed());
    script.after(host);
    return;
  }

  const { answered, shown, isPicked = Math.random() * 100 < (sample ?? 100) } = recall();
  remember({ isPicked });
  const isRecent = Number(once) > 0 && Date.now() - (answered || shown || 0) < Number(once) * 864e5;
  if (!isPicked || isRecent) return;

  const open = () => {
    remember({ shown: Date.now() });
    const dialog = document.createElement("div");
    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-label", title);
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    button.setAttribute("aria-label", close);
    button.addEventListener("click", () => host.remove());
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && host.remove());
    const scroller = document.createElement("div");
    scroller.append(framed());
    dialog.append(scroller, button);
    root.append(dialog);
    (document.body ?? document.documentElement).append(host);
  };
  // Whichever comes first; once closed it does not come back on this page.
  let isOver = false;
  const openOnce = () => {
    if (!isOver) open();
    isOver = true;
  };
  const onScroll = () => {
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
    if (scrollTop >= ((scrollHeight - clientHeight) * Number(scroll)) / 100) openOnce();
  };
  const onExit = ({ relatedTarget, clientY }) => !relatedTarget && clientY <= 0 && openOnce();
  if (delay) setTimeout(openOnce, Number(delay) * 1000);
  if (scroll) addEventListener("scroll", onScroll, { passive: true });
  if (exit !== undefined) document.addEventListener("mouseout", onExit);
  if (!delay && !scroll && exit === undefined) openOnce();
})();
