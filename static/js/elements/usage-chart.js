// Draws the table that it stands for: the numbers are those of its cells, in data-value. Without it the table says it all.
// data-table: the table's id. The first column names the bars; data-column is the one that is drawn.
customElements.define("usage-chart", class extends HTMLElement {
  #chart = null
  // The admin panel's own switch between light and dark.
  #theme = new MutationObserver(() => this.#recolour())

  connectedCallback() {
    const canvas = document.createElement("canvas")
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", this.getAttribute("label"))
    this.append(canvas)
    this.#draw(canvas)
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.#recolour)
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] })
  }

  disconnectedCallback() {
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.#recolour)
    this.#theme.disconnect()
    this.#chart?.destroy()
  }

  #draw(canvas) {
    const rows = [...document.getElementById(this.dataset.table).tBodies[0].rows]
    const cells = rows.map((row) => row.cells[this.dataset.column])
    this.#chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: rows.map((row) => row.cells[0].textContent.trim()),
        datasets: [{ data: cells.map((cell) => Number(cell.dataset.value)) }],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: { label: ({ dataIndex }) => cells[dataIndex].textContent.trim() } },
        },
        scales: { x: { ticks: { maxRotation: 0, autoSkipPadding: 24 } }, y: { beginAtZero: true } },
      },
    })
    this.#recolour()
  }

  #recolour = () => {
    const style = getComputedStyle(this)
    this.#chart.data.datasets[0].backgroundColor = style.accentColor
    this.#chart.options.scales.x = { ticks: { color: style.color }, grid: { display: false } }
    this.#chart.options.scales.y = { beginAtZero: true, ticks: { color: style.color }, grid: { color: style.borderTopColor } }
    this.#chart.update()
  }
})
