// Shows the model that is in the page; a page without one asks its server.
(() => {
  /** @param {any} model */
  function show(model) {
    document.querySelector("footer")?.remove();
    fovea.frame(model, model.sections.map(fovea.section));
    performance.mark("shown");
  }

  Object.assign(fovea, {show});
  const inside = document.getElementById("model");
  if (inside) {
    show(JSON.parse(inside.textContent));
  } else {
    fovea.serve();
  }
})();
