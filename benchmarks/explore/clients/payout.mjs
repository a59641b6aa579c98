// A client of Trincico that asks for a payout. Ky as published: reads are repeated twice, writes are not, ten seconds of time-out.
import ky, {HTTPError} from "ky";

const bug = process.argv[2] ?? "";
const amount = 7700;
const api = ky.create({
  prefixUrl: process.env.TRINCICO_BASE_URL,
  headers: {Authorization: "Bearer trincico-elite-token"},
  ...(bug === "repeats-post" ? {retry: {methods: ["get", "post"]}} : {}),
});

/** The payouts of this amount, newest first. */
async function listPayouts() {
  const {data} = await api.get("payouts?limit=50").json();
  return data.filter((payout) => payout.amount === amount);
}

/** Ask for the payout. */
async function ask() {
  await api.post("payouts", {json: {currency: "usd", amount, instant: true}});
}

/** Whether there is one payout more than before; what to do if the list cannot be read is the caller's choice. @param {object[]} before */
async function isStored(before) {
  if (bug === "stale-list") return before.length > 0;
  try {
    return (await listPayouts()).length > before.length;
  } catch (error) {
    if (bug === "unsure-is-no") return false;
    throw error;
  }
}

try {
  const before = await listPayouts();
  try {
    await ask();
  } catch (error) {
    if (error instanceof HTTPError && error.response.status < 500) throw error; // a refusal changes nothing
    if (!(await isStored(before))) {
      if (bug !== "stale-list" && bug !== "unsure-is-no") throw error;
      await ask();
    }
  }
  console.log(`${amount} are on their way`);
} catch (error) {
  console.error(`payout: ${error.message}`);
  process.exitCode = 1;
}
