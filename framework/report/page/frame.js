// What surrounds the sections: title, contents, light or dark, and what made the page.
(() => {
  const {make, table, setTheme} = fovea.tools;

  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

  function summary(model) {
    const runs = model.sections.reduce((sum, section) => sum + section.runs.length, 0);
    const groups = model.sections.reduce((sum, section) => sum + new Set(section.runs.map((run) => run.group)).size, 0);
    return [count(model.sections.length, "experiment", "experiments"), count(groups, "group of settings", "groups of settings"),
      count(runs, "run", "runs")].join(", ");
  }

  function themeChoice() {
    const select = make("select", {id: "theme"}, make("option", {value: ""}, "as the system"), make("option", {value: "light"}, "light"),
      make("option", {value: "dark"}, "dark"));
    select.addEventListener("change", () => setTheme(/** @type {any} */ (select).value));
    return make("div", {class: "theme"}, make("label", {for: "theme"}, "Colours"), select);
  }

  function contents(sections) {
    const link = ([id, title]) => {
      const element = make("a", {}, title);
      element.href = `#${id}`;  // an id that this page made
      return element;
    };
    return make("nav", {"aria-label": "Contents"}, make("ul", {}, ...sections.map((section) =>
      make("li", {}, link([section.id, section.title]), make("ul", {}, ...section.links.map((one) => make("li", {}, link(one))))))));
  }

  function unread(model) {
    if (model.unread.length === 0) return null;
    const rows = model.unread.map((one) => [one.file, one.problem]);
    return make("section", {class: "unread", "aria-labelledby": "unread"}, make("h2", {id: "unread"}, "Not read"),
      table({title: "", columns: ["file", "problem"], numbers: [], rows, notes: []}, "Files that could not be read"));
  }

  function footer(model) {
    return make("footer", {},
      make("p", {}, `Made by ${model.made_by} from the files above. ${fovea.isServed ? "This page asks the program that serves it, and nothing else." : "This file is complete: it asks for nothing else."}`),
      model.command ? make("p", {}, "Again with ", make("code", {}, model.command)) : null);
  }

  /** @param {any} model @param {{element: HTMLElement, id: string, title: string, links: string[][]}[]} sections */
  function frame(model, sections) {
    const main = document.getElementById("report");
    const header = make("header", {}, make("div", {}, make("h1", {}, model.title), make("p", {class: "summary"}, summary(model))), themeChoice());
    const skip = make("a", {class: "skip"}, "To the results");
    skip.href = "#report";
    document.getElementById("frame")?.remove();
    document.body.prepend(make("div", {id: "frame"}, skip, header, contents(sections)));
    main.replaceChildren(...[
      ...model.notes.map((note) => make("p", {class: "note"}, note)),
      ...sections.map((section) => section.element), unread(model)].filter((part) => part !== null));
    main.after(footer(model));
    main.removeAttribute("aria-busy");
  }

  Object.assign(fovea, {frame});
})();
