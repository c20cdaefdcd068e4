// The current weight and the pins as marks over the chart: moving one costs no redraw of the chart.
export class Overlay {
  constructor(root, data, between, set) {
    this.root = root;
    this.data = data;
    this.between = between;
    this.box = root.querySelector(".chart-box");
    this.weight = data.weight;
    this.pins = {};
    this.marks = { here: this.mark("here", "") };
    this.box.addEventListener("chart-drawn", () => this.listen(set));
    // the chart's buttons appear above it, the window turns: the marks go along
    new ResizeObserver(() => this.move()).observe(root);
  }

  mark(name, text) {
    const element = document.createElement("span");
    element.className = name;
    element.textContent = text;
    element.hidden = true;
    element.setAttribute("aria-hidden", "true");
    this.root.append(element);
    return element;
  }

  // once: Plotly keeps its listeners over later draws
  listen(set) {
    if (!this.listening) {
      this.listening = true;
      this.box.on("plotly_click", (event) => {
        const weight = event.points.map((point) => point.customdata).find((given) => given !== undefined);
        if (weight !== undefined) set(Number(weight));
      });
      this.box.on("plotly_afterplot", () => this.move());
      this.box.on("plotly_relayout", () => this.move());
    }
    this.move();
  }

  here(weight) {
    this.weight = weight;
    this.put(this.marks.here, weight);
  }

  pin(name, weight) {
    this.pins[name] = weight;
    this.marks[name] ??= this.mark("pinned", name.toUpperCase());
    this.put(this.marks[name], weight);
  }

  move() {
    this.edge = null;
    this.put(this.marks.here, this.weight);
    for (const [name, weight] of Object.entries(this.pins)) this.put(this.marks[name], weight);
  }

  put(element, weight) {
    const frame = this.box._fullLayout;
    const { variety, relevance } = this.data.means;
    if (!variety || !relevance || !frame?.xaxis?._offset || weight === null || weight === undefined) {
      element.hidden = true;
      return;
    }
    // where the chart stands is measured when it is drawn, not while dragging
    this.edge ??= { x: this.box.offsetLeft, y: this.box.offsetTop };
    const x = frame.xaxis._offset + frame.xaxis.l2p(this.between(variety.mean, weight));
    const y = frame.yaxis._offset + frame.yaxis.l2p(this.between(relevance.mean, weight));
    element.hidden = false;
    element.style.transform = `translate(${this.edge.x + x}px, ${this.edge.y + y}px)`;
  }
}
