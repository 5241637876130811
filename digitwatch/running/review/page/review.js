// What the page shows is what the server says; a key or a button is sent there and nothing is
// decided here. While an answer is on its way, and for a moment after a drawing has come up by
// itself, nothing is heard: nobody can mean a drawing that they have not seen yet.
"use strict";

const LOOK_MS = 2000;
const WAIT_MS = 60000;  // for an answer, before nobody is taken to be there
const DOUBLE_MS = 300;  // the second click of a double click comes sooner, and means the first drawing
const NO_NEWS = "What is new cannot be shown";

const EARLY = "Another drawing has just come up: look, and say it again.";

let isBusy = false;
let hasMissed = false;  // whether something was said while an answer was on its way
let turn = 0;

class LostError extends Error {}

// What is no answer of this review comes from nobody, or from another program at the same port.
async function request(place, body) {
  const options = { signal: AbortSignal.timeout(WAIT_MS) };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer;
  let value;
  try {
    answer = await fetch(place, options);
    value = await answer.json();
  } catch (error) {
    throw new LostError(error.message);
  }
  if (answer.status === 403) throw new LostError(value.error);
  if (!answer.ok && answer.status !== 409) throw new Error(value.error);
  return { value, isStale: answer.status === 409 };
}

async function send(place, body, heed, failed) {
  if (isBusy || isLost || hasEnded) return;
  isBusy = true;
  hasMissed = false;
  turn += 1;
  try {
    heed(await request(place, body));
  } catch (error) {
    if (error instanceof LostError) lose("What you said last may not have arrived; then it is asked again.");
    else say(`${failed}: ${error.message}`);
  } finally {
    isBusy = false;
  }
}

function act(place, body, words) {
  return send(place, body, ({ value, isStale }) => {
    const done = isStale ? "Something was done elsewhere meanwhile: look again." : words;
    say(hasMissed ? EARLY : done);
    show(value, isStale || hasMissed);
  }, "Not kept");
}

// --- what a person does

function answer(digit) {
  const asked = state && state.question;
  if (!asked) return;
  const name = digit === null ? "no digit" : String(digit);
  act("answer", { id: asked.id, mark: asked.mark, digit }, `${name} for ${nameOf(asked)}`);
}

function agree() {
  if (state && state.question) answer(state.question.digit);
}

function rest() {
  const asked = state && state.question;
  if (!asked || asked.number === asked.total) return;
  act("rest", { id: asked.id, mark: asked.mark }, `All as read: ${asked.file}`);
}

function skip() {
  const asked = state && state.question;
  if (asked) act("skip", { id: asked.id, mark: asked.mark }, `Skipped: ${nameOf(asked)}`);
}

function undo() {
  if (!state || !state.canUndo) return;
  const asked = state.question;
  act("undo", asked ? { id: asked.id, mark: asked.mark } : {}, "Taken back.");
}

function finish() {
  return send("end", {}, end, "Not ended");
}

function nameOf(asked) {
  return asked.place ? `${asked.file}, ${asked.place}` : asked.file;
}

const KEYS = new Map([
  ["Enter", agree], ["Backspace", undo], ["x", () => answer(null)], ["X", () => answer(null)],
  ["r", rest], ["R", rest], ["s", skip], ["S", skip], ["ArrowRight", skip],
]);
for (let digit = 0; digit <= 9; digit += 1) KEYS.set(String(digit), () => answer(digit));

document.addEventListener("keydown", (event) => {
  const does = KEYS.get(event.key);
  if (!does || event.ctrlKey || event.altKey || event.metaKey) return;
  const presses = event.key === "Enter" && event.target instanceof HTMLButtonElement;
  if (presses && !event.repeat) return;
  event.preventDefault();
  if (!event.repeat && !isEarly()) does();
});

function isEarly() {
  hasMissed ||= isBusy;
  const isTooEarly = isBusy || performance.now() < heedFrom;
  if (isTooEarly) say(EARLY);
  return isTooEarly;
}

// --- from the start on

for (let digit = 1; digit <= 10; digit += 1) {
  const button = document.createElement("button");
  button.textContent = digit % 10;
  button.addEventListener("click", () => answer(digit % 10));
  byId("pad").append(button);
}
const CLICKS = {
  agree, rest, skip, undo, "undo-last": undo, finish, "finish-all": finish, none: () => answer(null),
  "look-skipped": () => act("skipped", {}, "Once more."),
  "look-others": () => act("others", {}, "Now what was read surely."),
};
for (const [id, does] of Object.entries(CLICKS)) byId(id).addEventListener("click", does);

document.addEventListener("click", (event) => {
  const isDouble = event.detail > 1 && performance.now() - changedAt < DOUBLE_MS;
  if (event.target.closest("button") && (isDouble || isEarly())) event.stopPropagation();
}, true);

// A button that was clicked would keep the focus, and Enter would press it once more.
document.addEventListener("click", (event) => {
  if (event.detail && document.activeElement) document.activeElement.blur();
});

async function look() {
  if (!isBusy && document.visibilityState === "visible") {
    const asked = turn;
    const heed = await news();
    if (asked === turn && !hasEnded) heed();
  }
  if (!hasEnded) setTimeout(look, LOOK_MS);
}

// What is to be done about what is new, unless something else was done here meanwhile.
async function news() {
  try {
    const { value } = await request("state");
    return () => {
      if (byId("said").textContent.startsWith(NO_NEWS)) say("");
      show(value, true);
    };
  } catch (error) {
    if (error instanceof LostError) return () => lose("What you answered is kept.");
    return () => say(`${NO_NEWS}: ${error.message}`);
  }
}
look();
