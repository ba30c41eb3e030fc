// The widgets of the task player: one file for each kind of campaign, found by the kind's name.
//
// A widget is a module `widget-KIND.js` that exports
//   kind                       as the campaign's brief names it
//   keys                       rows of the key sheet: [key as shown, name of its text in the catalogue]
//   widget(campaign, changed)  makes one; it is made once and serves every task of the campaign:
//     element          what is put on the page
//     state()          what was put in, as JSON takes it: kept as a draft, and given back by an undo
//     fill(state)      puts that in; undefined empties it
//     key(key)         takes a key, in lower case; true if it meant something here
//     answers(units)   one {unit, label, text?} for each unit; throws in words what is missing
//     focus()          optional: puts the cursor where typing begins
//     whole()          optional: whether what is marked is all there is to answer, so that it can
//                      be sent at once by those who want that
//     submit           optional: the key that sends it, where Enter has another meaning
// `changed` is to be called whenever something was put in. Text of others is text, never HTML.

import * as choice from "./widget-choice.js";
import * as choices from "./widget-choices.js";
import * as comparison from "./widget-comparison.js";
import * as rating from "./widget-rating.js";
import * as text from "./widget-text.js";

const ALL = [choice, choices, comparison, rating, text];

/** The module of a campaign's kind; one choice where the kind is not told. */
export function moduleOf(campaign) {
  return ALL.find(({ kind }) => kind === campaign.brief?.kind) ?? choice;
}
