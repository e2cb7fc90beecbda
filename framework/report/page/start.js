// Shows the model that is in the page; a page without one asks its server.
(() => {
  const {make} = fovea.tools;

  /** @param {any} model */
  function show(model) {
    const main = document.getElementById("report");
    main.replaceChildren(...model.sections.map((section) => fovea.section(section, model)));
    fovea.frame(model);
  }

  const inside = document.getElementById("model");
  if (inside) {
    show(JSON.parse(inside.textContent));
  } else {
    fetch("api/model")
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`the server answers ${answer.status}`))))
      .then(show)
      .catch((error) => document.getElementById("report").replaceChildren(make("p", {role: "alert"}, `Nothing to show: ${error.message}.`)));
  }
})();
