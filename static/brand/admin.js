// What the theme leaves to the mouse alone, for who goes by keyboard or hears the page.
"use strict";
(() => {
    // A field that Select2 draws is named by what it holds, so by nothing while it is empty: name it by its label.
    const nameFields = () => {
        for (const select of document.querySelectorAll("select.select2-hidden-accessible[id]")) {
            const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
            const drawn = select.nextElementSibling;
            if (!label || !drawn) continue;
            label.id ||= `${select.id}_label`;
            const held = drawn.querySelector(".select2-selection__rendered[role]");
            held?.setAttribute("aria-labelledby", label.id);
            held?.parentElement.setAttribute("aria-labelledby", `${label.id} ${held.id}`);
            drawn.querySelector(".select2-search__field")?.setAttribute("aria-label", label.textContent.trim());
        }
    };
    // After those whom jQuery tells before us that the page is ready: Django's own script draws the fields then.
    window.addEventListener("load", () => window.django?.jQuery?.(nameFields));
    document.addEventListener("formset:added", () => setTimeout(nameFields));

    // Below zero an axis writes a hyphen where all other numbers of a page have a minus sign.
    if (window.Chart) {
        const { numeric } = Chart.Ticks.formatters;
        Chart.defaults.scales.linear.ticks.callback = function (...tick) {
            return numeric.apply(this, tick).replace("-", "−");
        };
    }

    // No grey can be read on white and on night alike, so the words of charts take that of the words around them.
    const colourCharts = (isDark) => {
        if (!window.Chart) return;
        const colour = Chart.defaults.color = isDark ? "#a5afbf" : "#566071";
        const line = getComputedStyle(document.documentElement).getPropertyValue(`--color-base-${isDark ? 700 : 300}`).trim();
        for (const each of Object.values(Chart.instances)) {
            each.options.color = colour;
            for (const scale of Object.values(each.options.scales)) {
                scale.ticks.color = scale.title.color = colour;
                scale.grid.color = line;
            }
            each.update("none");
        }
    };
    const asShown = () => colourCharts(document.documentElement.classList.contains("dark"));
    new MutationObserver(asShown).observe(document.documentElement, { attributeFilter: ["class"] });
    asShown();
    window.addEventListener("beforeprint", () => colourCharts(false));
    window.addEventListener("afterprint", asShown);

    // A list's table begins the names of its columns with a capital, and so do the cards of a phone.
    document.addEventListener("DOMContentLoaded", () => {
        for (const cell of document.querySelectorAll("#result_list [data-label]")) {
            const name = cell.dataset.label;
            cell.dataset.label = name.charAt(0).toUpperCase() + name.slice(1);
        }
    });

    // The menu's switches and the menu of the account are drawn as boxes that only a click opens.
    const USER = '[x-data*="openUserLinks"]';
    const SWITCH = `[x-on\\:click^="sidebar"], ${USER} [x-on\\:click]`;
    window.addEventListener("load", () => {
        for (const each of document.querySelectorAll(SWITCH)) {
            each.tabIndex = 0;
            each.setAttribute("role", "button");
            if (each.matches("span")) each.setAttribute("aria-label", "Menu");
        }
    });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") closeMenus(event.target);
        if (!["Enter", " "].includes(event.key) || !event.target.matches?.(SWITCH)) return;
        event.preventDefault();
        event.target.click();
        const menu = event.target.matches(`${USER} > div`) && event.target.previousElementSibling;
        // The menu shows after a moment, and stands before its switch.
        if (menu) setTimeout(() => menu.querySelector('[role="button"], a, button')?.focus(), 100);
    });
    const closeMenus = (from) => {
        // The theme closes what is open on a click elsewhere.
        document.body.click();
        from.closest?.(`${USER} > nav`)?.nextElementSibling.focus();
        const drawer = document.querySelector('#nav-sidebar [x-on\\:click^="sidebarMobile"]');
        if (drawer?.offsetParent && drawer.getBoundingClientRect().left >= 0) drawer.click();
    };
})();
