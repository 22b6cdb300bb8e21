// Inside a frame: tells the page around it how tall it is and when a page was turned, once that page has said hello
// from an allowed origin.
(() => {
  if (parent === window) return;
  const { body } = document;
  const origins = body.dataset.origins.split(" ");
  let host;
  let told;

  const tell = () => {
    const height = Math.ceil(body.getBoundingClientRect().height);
    if (!host || height === told) return;
    told = height;
    const isDone = Boolean(document.querySelector("[data-done]"));
    parent.postMessage({ earshot: "height", height, isDone }, host);
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || !origins.includes(origin) || data?.earshot !== "hello") return;
    host = origin;
    told = null;
    tell();
  });
  new ResizeObserver(tell).observe(body);
  // The frame is as tall as its page, so only the page around it can bring the top of the next one into view.
  new MutationObserver((changes) => {
    const isTurned = changes.some(({ addedNodes }) => [...addedNodes].some(({ localName }) => localName === "main"));
    if (host && isTurned) parent.postMessage({ earshot: "turned" }, host);
  }).observe(body, { childList: true });
})();
