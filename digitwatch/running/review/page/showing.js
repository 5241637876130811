// What the page shows, which is what the server says.
"use strict";

const SEEN_MS = 400;  // nobody sees sooner that another drawing has come up by itself
const byId = (id) => document.getElementById(id);

let state = null;
let isLost = false;
let hasEnded = false;
let changedAt = -Infinity;
let heedFrom = -Infinity;
const pictures = new Map();

function show(next, isUnexpected) {
  const before = isLost ? null : state && state.question;
  state = next;
  const asked = state.question;
  const isOther = Boolean(asked) !== Boolean(before)
    || Boolean(asked) && (before.id !== asked.id || before.mark !== asked.mark);
  isLost = false;
  byId("gone").hidden = true;
  byId("asking").hidden = !asked;
  byId("end").hidden = Boolean(asked);
  byId("finish").hidden = !asked;
  byId("left").textContent = state.left.toLocaleString("en");
  byId("progress").max = Math.max(state.left + state.answered, 1);
  byId("progress").value = state.answered;
  byId("undo").disabled = !state.canUndo;
  showNotice(state.waiting);
  showCounts(state.pages);
  if (isOther) noteChange(isUnexpected);
  if (!asked) showEnd();
  else if (isOther) showQuestion(asked);
  if (state.following) Object.values(state.following).forEach(pictureAt);
}

// A drawing that did not come up by what was done here may not be seen yet.
function noteChange(isUnexpected) {
  changedAt = performance.now();
  if (isUnexpected) heedFrom = changedAt + SEEN_MS;
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
  const known = pictures.get(place);
  if (known && known.complete && !known.naturalWidth) pictures.delete(place);  // it may be there now
  const picture = pictureAt(place);
  picture.alt = words;
  picture.onerror = () => {
    const gone = document.createElement("p");
    gone.className = "gone";
    gone.textContent = "The drawing is not there any more. Beside it is what the model saw.";
    frame.replaceChildren(gone);
  };
  frame.replaceChildren(picture);
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
  showChoice("look-others", state.others, `Look at the ${pages(state.others)} it was sure of, too`);
  byId("undo-last").hidden = !state.canUndo;
}

function endTitle(hasPages) {
  if (!hasPages) return "Nothing was read yet";
  return state.skipped ? "Only what you skipped is left" : "Nothing left to look at";
}

function endWords(hasPages) {
  if (!hasPages) return "Save a drawing into the inbox while digitwatch watch runs.";
  const news = "What is read meanwhile appears here by itself.";
  return state.said ? `You have said what is right of ${pages(state.said)}. ${news}` : news;
}

function pages(count) {
  return count === 1 ? "1 page" : `${count} pages`;
}

function showChoice(id, count, words) {
  byId(id).hidden = !count;
  byId(id).textContent = words;
}

function say(words) {
  if (byId("said").textContent !== words) byId("said").textContent = words;
}

function lose(words) {
  isLost = true;
  say("");
  showGone("digitwatch does not answer", `The review has ended, or cannot be reached now. ${words}`);
}

function end() {
  hasEnded = true;
  const half = state && state.unfinished;
  const later = half ? `What you said of a part of ${pages(half)} is kept: the next review goes on there. ` : "";
  showGone("The review has ended", `${later}You can close this window.`);
}

function showGone(title, words) {
  for (const id of ["asking", "end", "notice", "finish"]) byId(id).hidden = true;
  byId("gone").hidden = false;
  byId("gone-title").textContent = title;
  byId("gone-words").textContent = words;
  byId("gone-again").hidden = hasEnded;
}
