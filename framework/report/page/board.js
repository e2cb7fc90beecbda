// The first part of a page that is served: all runs that there are, those that train now, and the choice of what is shown
// below.
(() => {
  const {make, button} = fovea.tools;

  const mostAtOnce = 60;   // runs whose figures are drawn unasked
  const mostRows = 500;    // groups in the table
  const mostChosen = 800;  // runs that fit into an address
  const every = 4000;      // ms between two looks at the list

  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  const nameOf = (group) => `${group.experiment}/${group.run}`;
  const runName = (group, run) => `${group.run} seed ${run.seed}`;
  const runsOf = (groups) => groups.flatMap((group) => group.runs);

  function ageText(seconds) {
    const minutes = Math.floor((Date.now() / 1000 - seconds) / 60);
    if (minutes < 1) return "now";
    if (minutes < 60) return `${minutes} min`;
    return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} days`;
  }

  class Board {
    constructor(ask, events) {
      Object.assign(this, {ask, events, tag: "", list: {groups: [], unread: []}, shownTag: "", followed: "", stop: null, shownRuns: null});
      /** @type {Set<string>} */
      this.chosen = new Set();
      this.filter = make("input", {type: "search", id: "only", autocomplete: "off", spellcheck: "false"});
      this.filter.addEventListener("input", () => this.drawTable());
      this.status = make("p", {role: "status"});
      this.newer = make("p", {class: "newer"});
      this.body = make("tbody");
      this.more = make("p", {class: "note"});
      this.unread = make("div");
      this.showChosen = button("Show the chosen", () => this.show(this.chosenRuns()));
      this.following = make("div");
      this.liveTitle = make("h2", {id: "live-title"}, "Training now");
      this.live = make("section", {"aria-labelledby": "live-title", class: "live", hidden: true}, this.liveTitle, this.following);
      this.element = this.build();
    }

    build() {
      const head = ["show", "run", "settings that differ", "n", "last value", "of", "state", "age"];
      const table = make("table", {}, make("caption", {class: "hidden"}, "Groups of runs that differ only in the seed"),
        make("thead", {}, make("tr", {}, ...head.map((name, i) => make("th", {scope: "col", class: i === 3 ? "number" : null}, name)))), this.body);
      const all = button("Show all", () => this.show(null));
      return make("section", {id: "board", "aria-labelledby": "board-title"},
        make("h2", {id: "board-title"}, "Runs"), this.status,
        make("div", {class: "choices"}, make("label", {for: "only"}, "Only with"), this.filter, this.showChosen, all),
        make("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs"}, table), this.more, this.unread, this.live, this.newer);
    }

    chosenRuns() {
      return runsOf(this.list.groups.filter((group) => this.chosen.has(group.runs[0].id)));
    }

    async look() {
      try {
        const answer = await this.ask("api/runs", {}, this.tag);
        if (answer === null) return;
        this.tag = answer.tag;
        this.list = answer.data;
        this.draw();
      } catch (error) {
        this.tag = "";
        this.status.textContent = `The list cannot be brought up to date: ${error.message}`;
      }
    }

    draw() {
      const runs = runsOf(this.list.groups);
      const running = runs.filter((run) => run.state === "running").length;
      this.status.textContent = `${count(runs.length, "run", "runs")} in ${count(this.list.groups.length, "group", "groups")}, ${running} training now.`;
      this.newer.replaceChildren();
      if (this.shownTag && this.shownTag !== this.tag) {
        this.newer.append("Some runs are newer than what is shown below. ", button("Show what is new", () => this.show(this.shownRuns)));
      }
      this.drawTable();
      this.drawUnread();
      this.follow();
    }

    drawTable() {
      const words = /** @type {HTMLInputElement} */ (this.filter).value.toLowerCase().split(/\s+/).filter(Boolean);
      const matches = (group) => words.every((word) => `${nameOf(group)} ${group.settings} ${group.states}`.toLowerCase().includes(word));
      const groups = this.list.groups.filter(matches);
      this.body.replaceChildren(...groups.slice(0, mostRows).map((group) => this.row(group)));
      const left = groups.length - mostRows;
      this.more.textContent = left > 0 ? `${count(left, "group is", "groups are")} not shown; give words to see fewer.` : groups.length === 0 ? "No run has all of these words, or none has begun." : "";
      this.tellChoice();
    }

    row(group) {
      const box = /** @type {HTMLInputElement} */ (make("input", {type: "checkbox", "aria-label": `Show ${nameOf(group)} ${group.settings}`}));
      box.checked = this.chosen.has(group.runs[0].id);
      box.addEventListener("change", () => {
        if (box.checked) this.chosen.add(group.runs[0].id);
        else this.chosen.delete(group.runs[0].id);
        this.tellChoice();
      });
      const age = ageText(Math.max(...group.runs.map((run) => run.written)));
      return make("tr", {}, make("td", {}, box), make("th", {scope: "row"}, nameOf(group)), make("td", {}, group.settings),
        make("td", {class: "number"}, String(group.n)), make("td", {}, group.text), make("td", {}, `${group.split} ${group.metric}`.trim() || "-"),
        make("td", {}, group.states), make("td", {}, age));
    }

    tellChoice() {
      const runs = this.chosenRuns().length;
      this.showChosen.textContent = `Show the chosen (${count(runs, "run", "runs")})`;
      /** @type {HTMLButtonElement} */ (this.showChosen).disabled = runs === 0 || runs > mostChosen;
    }

    drawUnread() {
      const damaged = this.list.unread;
      if (damaged.length === 0) return this.unread.replaceChildren();
      const rows = damaged.map((run) => make("li", {}, `${run.file}: ${run.problem}`));
      this.unread.replaceChildren(make("details", {}, make("summary", {}, `${count(damaged.length, "file", "files")} without results`), make("ul", {}, ...rows)));
    }

    /** Those that a process works on, and those that were followed until they ended. */
    follow() {
      const known = new Map(this.list.groups.flatMap((group) => group.runs.map((run) => [run.id, {name: runName(group, run), run}])));
      for (const run of this.list.unread) if (run.has_journal) known.set(run.id, {name: run.file, run});
      const isLive = ({run}) => run.state === "running" || / running at step /.test(run.problem);
      const live = [...known].filter(([, one]) => isLive(one));
      const isTwice = (name) => live.filter(([, one]) => one.name === name).length > 1;
      const runs = live.map(([id, one]) => ({id, name: isTwice(one.name) ? `${one.name}, ${one.run.file}` : one.name}));
      const wanted = runs.map((run) => run.id).join();
      if (runs.length === 0 || wanted === this.followed) return;
      this.stop?.();
      this.followed = wanted;
      this.live.hidden = false;
      this.stop = fovea.live(this.following, runs, this.events);
    }

    /** @param {any[]|null} runs null: all */
    async show(runs) {
      const main = document.getElementById("report");
      main.setAttribute("aria-busy", "true");
      this.status.textContent = `Reading ${runs ? count(runs.length, "run", "runs") : "all runs"} ...`;
      try {
        const tag = this.tag;
        const answer = await this.ask("api/model", runs ? {run: runs.map((run) => run.id).join()} : {});
        fovea.show(answer.data);
        this.shownTag = tag;
        this.shownRuns = runs;
        document.getElementById("report").before(this.element);
        this.draw();
      } catch (error) {
        main.removeAttribute("aria-busy");
        this.status.textContent = `Nothing can be shown: ${error.message}`;
      }
    }
  }

  /** @param {Function} ask @param {(ids: string[]) => EventSource} events */
  async function board(ask, events) {
    const one = new Board(ask, events);
    const nothing = {title: "Runs", made_by: "fovea serve", command: "", notes: [], sections: [], unread: []};
    fovea.show(nothing);
    document.getElementById("report").before(one.element);
    await one.look();
    if (one.list.groups.length > 0 && runsOf(one.list.groups).length <= mostAtOnce) await one.show(null);
    const lookAgain = async () => {
      if (!document.hidden) await one.look();
      setTimeout(lookAgain, every);
    };
    setTimeout(lookAgain, every);
    document.addEventListener("visibilitychange", () => document.hidden || one.look());
  }

  Object.assign(fovea, {board});
})();
