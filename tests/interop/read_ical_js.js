// Reads a calendar on standard input with ical.js; prints what it holds as JSON.
// The facts are those that readers.py describes.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

function when(time) {
  if (!time) return "";
  return time.isDate ? time.toString() : time.toJSDate().toISOString().replace(".000Z", "Z");
}

function person(property) {
  if (!property) return null;
  return {
    email: decodeURIComponent(property.getFirstValue().replace(/^mailto:/i, "")),
    name: property.getFirstParameter("cn") ?? "",
  };
}

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));

function facts(event) {
  const value = (name) => event.getFirstPropertyValue(name) ?? "";
  return {
    uid: value("uid"),
    sequence: Number(value("sequence")),
    start: when(event.getFirstPropertyValue("dtstart")),
    end: when(event.getFirstPropertyValue("dtend")),
    summary: value("summary"),
    description: value("description"),
    location: value("location"),
    url: value("url"),
    status: value("status"),
    transparency: value("transp"),
    categories: event.getAllProperties("categories").flatMap((property) => property.getValues()),
    organiser: person(event.getFirstProperty("organizer")),
    attendee: person(event.getFirstProperty("attendee")),
    method: calendar.getFirstPropertyValue("method") ?? "",
  };
}

console.log(JSON.stringify(calendar.getAllSubcomponents("vevent").map(facts)));
