// A device that many use: when nobody has touched it for a while it asks, and then starts again for the next.
(() => {
  const { home, idle, warning } = document.body.dataset;
  const restart = () => location.replace(home);
  // The page of someone else must not come back with the Back button.
  addEventListener("pageshow", (event) => event.persisted && restart());

  let timer;
  // Looked up each time: the next page of a survey may come in the place of this one.
  const still = () => document.querySelector("[data-still]");
  const ask = () => {
    const question = still();
    if (!question) return restart();
    question.hidden = false;
    question.querySelector("[data-stay]").focus();
    timer = setTimeout(restart, warning * 1000);
  };
  const wait = () => {
    const question = still();
    if (question) question.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(ask, idle * 1000);
  };
  for (const touch of ["click", "keydown", "input", "scroll"]) {
    addEventListener(touch, wait, { capture: true, passive: true });
  }
  // The first page may stand untouched all day.
  if (document.querySelector("[name=_page]")?.value > 1 || document.querySelector(".afterword")) wait();
})();
