// A process of its own with a database open: runs the SQL that it is sent, and says when that is done.
import { createRequire } from 'node:module';
import process from 'node:process';

const Database = createRequire(import.meta.url)('libsql');
const database = new Database(process.argv[2], { timeout: 5_000 });

process.on('message', (sql) => {
  try {
    database.exec(sql);
    process.send({});
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.send({});
