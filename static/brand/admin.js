// A field that Select2 draws is named by what it holds, so by nothing while it is empty: name it by its label.
"use strict";
(() => {
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
})();
