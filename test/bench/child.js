/** Runs one group on a heap of its own and sends its report to the parent. */
const [name, quick] = process.argv.slice(2);
const { run } = await import(`./groups/${name}.js`);
process.send(await run({ quick: quick === 'true' }), () => process.exit());
