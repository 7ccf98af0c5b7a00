// Files for the next message: chosen, dragged onto the page or pasted, and each uploaded at once, one after the other.
// What the server answers is the file's place in the composer, or the sentence why not.
customElements.define("attachment-picker", class extends HTMLElement {
  #turn = Promise.resolve()
  #chat = null
  #underWay = 0
  #observer = new MutationObserver(() => this.#tell())

  connectedCallback() {
    this.#chat = this.closest("message-composer")
    for (const [name, listener] of this.#listeners) this.#chat.addEventListener(name, listener)
    this.#observer.observe(this.#list, { childList: true })
  }

  disconnectedCallback() {
    for (const [name, listener] of this.#listeners) this.#chat.removeEventListener(name, listener)
    this.#observer.disconnect()
  }

  get #list() { return this.querySelector("ul") }
  get #form() { return this.closest("form") }
  get #files() { return this.#form.querySelector("[data-files]") }

  #click = ({ target }) => {
    if (target.closest("[data-attach]")) this.#files.click()
    if (target.closest("[data-dismiss]")) target.closest("li").remove()
  }

  #choose = ({ target }) => {
    if (target !== this.#files) return
    this.#add([...target.files])
    target.value = ""
  }

  #paste = (event) => {
    const { files, types } = event.clipboardData
    // Office programs copy a picture of the text beside it.
    if (!files.length || types.includes("text/plain")) return
    event.preventDefault()
    this.#add([...files])
  }

  #drag = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    this.#chat.toggleAttribute("data-dragging", event.type === "dragover")
    if (event.type === "drop") this.#add([...event.dataTransfer.files])
  }

  #leave = ({ relatedTarget }) => {
    if (!this.#chat.contains(relatedTarget)) this.#chat.removeAttribute("data-dragging")
  }

  // In the box for a description Enter is done with it, and sends nothing.
  #key = (event) => {
    if (event.key !== "Enter" || !event.target.matches(".attachment__alt")) return
    event.preventDefault()
    event.target.blur()
    this.#form.elements.text.focus()
  }

  #listeners = [
    ["click", this.#click],
    ["change", this.#choose],
    ["paste", this.#paste],
    ["dragover", this.#drag],
    ["drop", this.#drag],
    ["dragleave", this.#leave],
    ["keydown", this.#key],
  ]

  #add(files) {
    for (const file of files) {
      const item = this.querySelector("template").content.firstElementChild.cloneNode(true)
      item.querySelector(".attachment__name").textContent = file.name
      const isOneTooMany = this.#list.children.length >= this.dataset.most
      this.#list.append(item)
      if (isOneTooMany) this.#refuse(item, this.dataset.tooMany)
      else this.#queue(item, file)
    }
  }

  #queue(item, file) {
    this.#underWay += 1
    this.#turn = this.#turn.then(() => this.#upload(item, file)).finally(() => {
      this.#underWay -= 1
      this.#tell()
    })
  }

  // Not fetch: only this one tells how far an upload is.
  #upload(item, file) {
    if (!item.isConnected) return
    const body = new FormData()
    body.append("csrfmiddlewaretoken", this.#form.elements.csrfmiddlewaretoken.value)
    body.append("files", file, file.name)
    const request = new XMLHttpRequest()
    request.upload.onprogress = ({ loaded, total }) => { item.querySelector("progress").value = loaded / total }
    return new Promise((resolve) => {
      request.onloadend = () => {
        this.#finish(item, file, request)
        resolve()
      }
      request.open("POST", this.dataset.address)
      request.setRequestHeader("HX-Request", "true")
      request.send(body)
    })
  }

  #finish(item, file, request) {
    if (!item.isConnected) return
    if (request.status === 200 && !request.getResponseHeader("HX-Redirect")) {
      item.insertAdjacentHTML("beforebegin", request.responseText)
      htmx.process(item.previousElementSibling)
      item.remove()
      document.getElementById("announcer").textContent = this.dataset.attached.replace("{name}", file.name)
    } else this.#refuse(item, request.status === 422 ? request.responseText : this.dataset.failed)
  }

  #refuse(item, reason) {
    item.querySelector("progress").remove()
    const error = item.querySelector(".attachment__error")
    error.role = "alert"
    error.textContent = reason
  }

  // The composer sends neither an empty message nor one whose files are still under way.
  #tell() {
    this.#form?.toggleAttribute("data-uploading", this.#underWay > 0)
    this.dispatchEvent(new Event("attachments", { bubbles: true }))
  }
})
