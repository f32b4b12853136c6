import { createConfig } from 'calumma';
import { zookeeper } from 'calumma/zookeeper';
import { absolute, ms } from '../figure.js';
import { quantile } from '../measure.js';
import { bulletin } from './bulletin.js';
import { leave, now, openOn, untilWhole, useClient } from './ensemble.js';

const root = '/faults';
const key = 'limit';

/** A server fails, and a change is written just after: how long until a config on a follower has it. */
export async function faults(servers, quick) {
  await useClient(servers.url, (client) => client.ensurePath(`${root}/${key}`));
  const rounds = quick ? 1 : 3;
  return [
    ...(await recoveries(servers, 'its server killed', rounds, 600, ({ own }) => ({ fails: own, act: () => own.kill(), mend: () => own.restart() }))),
    ...(await recoveries(servers, 'the leader killed', rounds, 2_000, ({ leader }) => ({ fails: leader, act: () => leader.kill(), mend: () => leader.restart() }))),
    ...(await recoveries(servers, 'its server hangs', quick ? 1 : 2, 5_000, ({ own }) => ({ fails: own, act: () => own.pause(), mend: () => own.resume() }))),
  ];
}

async function recoveries(servers, name, rounds, bound, plan) {
  const taken = [];
  for (let round = 0; round < rounds; round++) taken.push(await recovery(servers, `${name} ${round}`, plan));
  const applied = taken.map(({ applied }) => applied);
  const written = taken.map(({ written }) => written);
  return [absolute(`${name}: a change just after is applied, the slowest of ${rounds}`, ms(Math.max(...applied)), bound, `median ${Math.round(quantile(applied, 0.5))}, acknowledged to the writer after ${Math.round(quantile(written, 0.5))}`)];
}

async function recovery(servers, value, plan) {
  const { leader, followers } = await untilWhole(servers);
  const [own] = followers;
  const { fails, act, mend } = plan({ own, leader });
  const client = await openOn(servers, own);
  const others = servers.servers.filter((server) => server !== fails).map(({ url }) => url);
  const config = await createConfig({ layers: [zookeeper({ client, root })], onError: () => undefined }).ready();
  const told = bulletin();
  config.getStringProperty(key, '').onChange((text) => told.seen(text, now()));
  try {
    return await useClient(others.join(','), async (writer) => {
      await writer.connect();
      const applied = told.when(value);
      const start = now();
      await act();
      await write(writer, value);
      const written = now() - start;
      const at = await applied;
      if (at === undefined) throw new Error(`${value}: the change was never applied`);
      return { applied: at - start, written };
    });
  } finally {
    await config.close();
    await mend();
    await leave(client);
    await untilWhole(servers);
  }
}

/** Until a server has acknowledged it: nobody knows of a lost one whether it was done. */
export async function write(writer, value, path = `${root}/${key}`) {
  for (;;) {
    try {
      return await writer.setData(path, value);
    } catch (error) {
      if (error.code !== 'CONNECTIONLOSS') throw error;
    }
  }
}
