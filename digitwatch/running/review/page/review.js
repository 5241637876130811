// What the page shows is what the server says; a key or a button is sent there and nothing is
// decided here. While an answer is on its way keys are not heard: nobody can mean a drawing that
// they have not seen yet.
"use strict";

const LOOK_MS = 2000;
const byId = (id) => document.getElementById(id);

let state = null;
let isBusy = false;
let turn = 0;
let hasEnded = false;
const pictures = new Map();

async function request(place, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(place, options);
  const value = await answer.json();
  if (!answer.ok && answer.status !== 409) throw new Error(value.error);
  return { value, isStale: answer.status === 409 };
}

async function act(place, body, words) {
  if (isBusy || hasEnded) return;
  isBusy = true;
  turn += 1;
  try {
    const { value, isStale } = await request(place, body);
    say(isStale ? "This was answered elsewhere meanwhile." : words);
    show(value);
  } catch (error) {
    fail(error);
  } finally {
    isBusy = false;
  }
}

function fail(error) {
  if (error instanceof TypeError) {
    end("digitwatch is not running any more. What was answered is kept; start it again with:"
      + " digitwatch review");
  } else {
    say(`Not kept: ${error.message}`);
  }
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
  if (state && state.canUndo) act("undo", {}, "Taken back.");
}

async function finish() {
  if (isBusy) return;
  try {
    await request("end", {});
  } catch (error) {
    // It has ended before it could say so.
  }
  end("You can close this window.");
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
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const presses = event.key === "Enter" && event.target instanceof HTMLButtonElement;
  const does = KEYS.get(event.key);
  if (!does || presses) return;
  event.preventDefault();
  does();
});

// --- what the page shows

function show(next) {
  const before = state && state.question;
  state = next;
  const asked = state.question;
  byId("asking").hidden = !asked;
  byId("end").hidden = Boolean(asked);
  byId("finish").hidden = !asked;
  byId("left").textContent = state.left.toLocaleString("en");
  byId("progress").max = Math.max(state.left + state.answered, 1);
  byId("progress").value = state.answered;
  byId("undo").disabled = !state.canUndo;
  showNotice(state.waiting);
  showCounts(state.pages);
  if (!asked) showEnd();
  else if (!before || before.id !== asked.id || before.mark !== asked.mark) showQuestion(asked);
  if (state.following) Object.values(state.following).forEach(pictureAt);
}

function showQuestion(asked) {
  showPicture(byId("mark-picture"), asked.pictures.mark, `the drawing ${asked.file}`);
  byId("line-picture").hidden = !asked.pictures.line;
  if (asked.pictures.line) {
    showPicture(byId("line-picture"), asked.pictures.line, "the line that it stands in");
  }
  forgetPictures();
  byId("file").textContent = asked.file;
  const which = asked.total > 1 ? ` (${asked.number} of ${asked.total})` : "";
  byId("place").textContent = asked.place + which;
  drawGrid(asked.grid);
  byId("read").classList.toggle("none", asked.digit === null);
  byId("read-words").textContent = asked.digit === null ? "Taken for no digit" : "Read as";
  byId("read-digit").textContent = asked.digit === null ? "?" : asked.digit;
  byId("agree-words").textContent = asked.digit === null
    ? "Yes, no digit" : `Yes, ${asked.digit === 8 ? "an" : "a"} ${asked.digit}`;
  byId("rest").disabled = asked.number === asked.total;
  byId("likeliest").replaceChildren(...asked.likeliest.map(likely));
  for (const button of byId("pad").children) {
    button.classList.toggle("read", button.textContent === String(asked.digit));
  }
}

function likely({ digit, percent }) {
  const row = document.createElement("li");
  const name = document.createElement("b");
  const bar = document.createElement("i");
  const words = document.createElement("span");
  row.className = digit === null ? "none" : "";
  name.textContent = digit === null ? "none" : digit;
  bar.style.setProperty("--share", `${percent}%`);
  words.textContent = `${percent} %`;
  row.append(name, bar, words);
  return row;
}

function drawGrid(grid) {
  const context = byId("grid").getContext("2d");
  const cells = context.createImageData(8, 8);
  grid.flat().forEach((ink, place) => {
    const grey = Math.round(255 * (1 - Math.min(Math.max(ink / 16, 0), 1)));
    cells.data.set([grey, grey, grey, 255], 4 * place);
  });
  context.putImageData(cells, 0, 0);
}

// A picture is fetched once, when its question comes near, and kept until it has been shown.
function pictureAt(place) {
  if (!pictures.has(place)) {
    const picture = new Image();
    picture.src = place;
    pictures.set(place, picture);
  }
  return pictures.get(place);
}

function showPicture(frame, place, words) {
  const picture = pictureAt(place);
  picture.alt = words;
  picture.onerror = () => {
    const gone = document.createElement("p");
    gone.className = "gone";
    gone.textContent = "The drawing is not there any more. Beside it is what the model saw.";
    frame.replaceChildren(gone);
  };
  if (picture.complete && !picture.naturalWidth) picture.onerror();
  else frame.replaceChildren(picture);
}

function forgetPictures() {
  const near = new Set([
    ...Object.values(state.question ? state.question.pictures : {}),
    ...Object.values(state.following || {}),
  ]);
  for (const place of pictures.keys()) if (!near.has(place)) pictures.delete(place);
}

function showNotice({ answers, reason }) {
  const notice = byId("notice");
  notice.hidden = !reason;
  const wait = answers === 1 ? "1 answer waits" : `${answers} answers wait`;
  const words = `${wait} until the table is closed where it is open, as in Excel: ${reason}`;
  if (notice.textContent !== words) notice.textContent = words;
}

function showCounts(pages) {
  const words = [
    ["ok", "sure"], ["review", "doubtful"], ["blank", "blank"], ["error", "not readable"],
  ].filter(([status]) => pages[status]).map(([status, name]) => `${pages[status]} ${name}`);
  byId("counts").textContent = words.length ? `Pages that were read: ${words.join(", ")}.` : "";
}

function showEnd() {
  const hasPages = Object.keys(state.pages).length > 0;
  byId("end-title").textContent = endTitle(hasPages);
  byId("end-words").textContent = endWords(hasPages);
  byId("next-step").hidden = !state.said;
  showChoice("look-skipped", state.skipped, `Look at the ${state.skipped} skipped`);
  showChoice("look-others", state.others, `Look at the ${state.others} it was sure of, too`);
  byId("undo-last").hidden = !state.canUndo;
}

function endTitle(hasPages) {
  if (!hasPages) return "Nothing was read yet";
  return state.skipped ? "Only what you skipped is left" : "Nothing left to look at";
}

function endWords(hasPages) {
  if (!hasPages) return "Save a drawing into the inbox while digitwatch watch runs.";
  const said = state.said === 1 ? "1 page" : `${state.said} pages`;
  const news = "What is read meanwhile appears here by itself.";
  return state.said ? `You have said what is right of ${said}. ${news}` : news;
}

function showChoice(id, count, words) {
  byId(id).hidden = !count;
  byId(id).textContent = words;
}

function say(words) {
  byId("said").textContent = words;
}

function end(words) {
  hasEnded = true;
  for (const id of ["asking", "end", "notice", "finish"]) byId(id).hidden = true;
  byId("gone").hidden = false;
  byId("gone-words").textContent = words;
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

// A button that was clicked would keep the focus, and Enter would press it once more.
document.addEventListener("click", (event) => {
  if (event.detail && document.activeElement) document.activeElement.blur();
});

async function look() {
  if (!isBusy && !hasEnded && document.visibilityState === "visible") {
    const asked = turn;
    try {
      const { value } = await request("state");
      if (asked === turn && !hasEnded) show(value);
    } catch (error) {
      fail(error);
    }
  }
  if (!hasEnded) setTimeout(look, LOOK_MS);
}
look();
