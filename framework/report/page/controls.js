// Controls that the views of single items share: a chooser with its label, and steps from one item to the next.
(() => {
  const {make, button} = fovea.tools;
  let made = 0;

  /**
   * A labelled list of choices; `choose` is called with the place of the chosen one.
   * @param {string} label @param {string[]} options @param {(place: number) => void} choose
   */
  function chooser(label, options, choose) {
    const id = `chooser-${made++}`;
    const select = make("select", {id}, ...options.map((text, place) => make("option", {value: place}, text)));
    select.addEventListener("change", () => choose(Number(select.value)));
    return make("span", {class: "choice"}, make("label", {for: id}, label), select);
  }

  /**
   * A number with its label; `choose` is called with a whole number of the range.
   * @param {string} label @param {number} most @param {(value: number) => void} choose
   */
  function number(label, most, choose) {
    const id = `chooser-${made++}`;
    const input = make("input", {id, type: "number", min: 0, max: most, step: 1, value: 0});
    const value = () => Math.min(Math.max(Math.round(Number(input.value)) || 0, 0), most);
    input.addEventListener("input", () => choose(value()));
    const element = make("span", {class: "choice"}, make("label", {for: id}, label), input);
    const set = (next) => { input.value = String(next); };
    return {element, set};
  }

  /**
   * Buttons for the previous and the next of a list, and where in the list one is. The left and right arrow keys do the
   * same within `pane`, but where a control has its own use for them.
   * @param {HTMLElement} pane @param {(step: number) => void} move
   */
  function stepper(pane, move) {
    const place = make("span", {class: "place", role: "status"});
    const previous = button("Previous", () => move(-1));
    const next = button("Next", () => move(1));
    pane.addEventListener("keydown", (event) => {
      const hasOwn = event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement;
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (hasOwn || step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      move(step);
    });
    /** @param {string} text @param {boolean} isFirst @param {boolean} isLast */
    const show = (text, isFirst, isLast) => {
      place.textContent = text;
      previous.setAttribute("aria-disabled", String(isFirst));
      next.setAttribute("aria-disabled", String(isLast));
    };
    return {element: make("span", {class: "stepper"}, previous, next, place), show};
  }

  /** What a view left out, below it. @param {string[]} note */
  const notes = (note) => make("ul", {class: "notes"}, ...note.map((text) => make("li", {}, text)));

  /** A weight as it is read: "0.93", and "<0.01" for what would be 0. @param {number|null} weight */
  function weightText(weight) {
    if (weight === null || !Number.isFinite(weight)) return "?";
    if (weight > 0 && weight < 0.005) return "<0.01";
    return weight.toFixed(2);
  }

  fovea.controls = {chooser, number, stepper, notes, weightText};
})();
