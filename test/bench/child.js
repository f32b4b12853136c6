/** Runs one group on a heap of its own and sends its report to the parent. */
const [name, quick] = process.argv.slice(2);
const { run } = await import(`./groups/${name}.js`);
// What follows a source keeps no process alive, and a group may wait for nothing else.
const held = setInterval(() => undefined, 60_000);
process.send(await run({ quick: quick === 'true' }), () => process.exit());
clearInterval(held);
