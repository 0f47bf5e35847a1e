// Reads mails on standard input (a JSON list of base64) with postal-mime; prints what they hold.

import { readFileSync } from "node:fs";
import PostalMime from "postal-mime";

const mails = JSON.parse(readFileSync(0, "utf8"));

async function facts(encoded) {
  const mail = await PostalMime.parse(Buffer.from(encoded, "base64"));
  return {
    subject: mail.subject,
    message_id: mail.messageId,
    from: [mail.from.name, mail.from.address],
    to: mail.to.map((each) => each.address),
    reply_to: (mail.replyTo ?? []).map((each) => each.address),
    headers: Object.fromEntries(mail.headers.map((each) => [each.key, each.value])),
    text: mail.text ?? "",
    html: mail.html ?? "",
    attachments: mail.attachments.map((each) => [
      each.mimeType,
      each.method ?? "",
      Buffer.from(each.content).toString("base64"),
    ]),
  };
}

process.stdout.write(JSON.stringify(await Promise.all(mails.map(facts))));
