// The light or dark that was chosen in the admin (django-unfold keeps it as "adminTheme"), before anything is drawn.

"use strict";

(() => {
  const chosen = JSON.parse(localStorage.getItem("adminTheme") || "null");
  const isAuto = chosen !== "dark" && chosen !== "light";
  const isDark = isAuto ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  document.documentElement.classList.toggle("dark", isDark);
})();
