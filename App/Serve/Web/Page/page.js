// The page of CMUD: a log, and an input with a history, over one WebSocket. It knows nothing of the game.
// What it is told is text: it only ever makes elements and gives them text, so that nothing anybody says can become markup.

const mostShown = 2000;
const mostRemembered = 200;
const firstPause = 500;
const longestPause = 15000;

// How long a connection may take to be made; a network that swallows says nothing.
const patience = 10000;

const [scroller, log, newer, status, form, label, input] =
  ["scroller", "log", "newer", "status", "form", "prompt", "line"].map(id => document.getElementById(id));

let socket = null;
let session = recall();
let seen = 0;
let isOver = false;
let pause = firstPause;
let timer = 0;

let asked = { text: "> ", isSecret: false, remembers: false };
const history = [];
let at = 0;
let draft = "";
let isFollowing = true;

// The session outlives a reload of the page, and not the tab. Where the browser keeps nothing, it outlives the network alone.
function recall() {
  try {
    return sessionStorage.getItem("session");
  } catch {
    return null;
  }
}

function keep(id) {
  session = id;
  try {
    sessionStorage.setItem("session", id);
  } catch {
    // Then not.
  }
}

function connect() {
  clearTimeout(timer);
  const own = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/play`);
  socket = own;
  const late = setTimeout(() => own.close(), patience);
  own.onopen = () => own.send(JSON.stringify({ session, seen }));
  own.onmessage = event => {
    clearTimeout(late);
    if (own === socket) take(JSON.parse(event.data));
  };
  own.onclose = () => {
    clearTimeout(late);
    if (own === socket) lose();
  };
}

function lose() {
  socket = null;
  if (isOver) return;

  const wait = pause * (0.75 + Math.random() / 2);
  pause = Math.min(pause * 2, longestPause);
  say("The connection is lost. Trying again; what you are typing stays.");
  timer = setTimeout(connect, wait);
}

// A network that comes back is no reason to wait on; one that goes tells nobody else.
window.addEventListener("online", () => {
  pause = firstPause;
  if (!isOver && socket === null) connect();
});
window.addEventListener("offline", () => {
  const own = socket;
  if (own === null) return;
  lose();
  own.close();
});

function take(message) {
  if (message.number) seen = message.number;
  switch (message.type) {
    case "session":
      begin(message);
      break;
    case "line":
      show(element("p", message.text, message.tone));
      break;
    case "block":
      show(element("pre", message.text));
      break;
    case "table":
      show(table(message));
      break;
    case "bar":
      show(bar(message));
      break;
    case "entered":
      show(entered(message));
      break;
    case "clear":
      log.replaceChildren();
      break;
    case "prompt":
      ask(message);
      break;
    case "end":
      end(message.text);
      break;
  }
}

function begin(message) {
  pause = firstPause;
  if (message.isNew) {
    if (log.childElementCount > 0) show(element("p", "A new session begins.", "hint"));
    seen = 0;
  }

  keep(message.id);
  say("");
  input.disabled = false;
  input.focus({ preventScroll: true });
}

function end(text) {
  isOver = true;
  say(`${text} Press Enter to play again.`);
  ask({ text: "> ", isSecret: false, remembers: false });
}

function again() {
  isOver = false;
  say("Connecting ...");
  connect();
}

function say(text) {
  status.textContent = text;
  follow();
}

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function entered(message) {
  const made = element("p", message.after, "entered");
  made.append(element("b", message.text));
  return made;
}

function bar(message) {
  const made = element("p", message.label, "bar");
  const drawn = document.createElement("progress");
  drawn.max = 1;
  drawn.value = message.fraction;
  drawn.setAttribute("aria-hidden", "true");
  made.append(drawn, message.text);
  return made;
}

function table(message) {
  const [box, made, head] = ["div", "table", "tr"].map(name => document.createElement(name));
  box.className = "table";
  if (message.title) made.append(element("caption", message.title));
  for (const header of message.headers) {
    const cell = element("th", header);
    cell.scope = "col";
    head.append(cell);
  }

  made.append(head);
  for (const row of message.rows) {
    const line = document.createElement("tr");
    line.append(...row.map(text => element("td", text)));
    made.append(line);
  }

  box.append(made);
  return box;
}

// Whoever scrolls back to read is left there, and told that there is more.
function follow() {
  newer.hidden = isFollowing;
  if (isFollowing) scroller.scrollTop = scroller.scrollHeight;
}

function show(made) {
  log.append(made);
  while (log.childElementCount > mostShown) log.firstElementChild.remove();
  follow();
}

function toEnd() {
  isFollowing = true;
  follow();
}

newer.addEventListener("click", () => {
  toEnd();
  input.focus();
});
scroller.addEventListener("scroll", () => {
  isFollowing = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  if (isFollowing) newer.hidden = true;
});
window.addEventListener("resize", follow);

function ask(prompt) {
  // A secret that was half typed is not to be shown, nor half a line to become a part of one.
  if (prompt.isSecret !== asked.isSecret) {
    input.value = "";
    input.type = prompt.isSecret ? "password" : "text";
  }

  asked = prompt;
  label.textContent = prompt.text;
  input.setAttribute("aria-label", prompt.isSecret ? prompt.text : `Your line, ${prompt.text}`);
}

form.addEventListener("submit", event => {
  event.preventDefault();
  if (isOver) {
    again();
    return;
  }

  if (socket === null || socket.readyState !== WebSocket.OPEN || input.disabled) return;

  const line = input.value;
  socket.send(JSON.stringify({ line }));
  if (asked.remembers && !asked.isSecret && line.trim() !== "" && history.at(-1) !== line) history.push(line);
  if (history.length > mostRemembered) history.shift();
  at = history.length;
  draft = "";
  input.value = "";
  toEnd();
});

input.addEventListener("keydown", event => {
  if (asked.isSecret || event.isComposing) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;

  event.preventDefault();
  if (at + step < 0 || at + step > history.length) return;

  if (at === history.length) draft = input.value;
  at += step;
  input.value = at === history.length ? draft : history[at];
  input.setSelectionRange(input.value.length, input.value.length);
});

// Typing anywhere is typing into the line.
document.addEventListener("keydown", event => {
  const isTyping = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
  if (isTyping && document.activeElement !== input && !input.disabled) input.focus();
});

connect();
