/** Runs under `node -e` beside control, with a file's path behind it: answers what is in it; where it is not there, stdin is. */
export const AGREE = `const [file] = process.argv.slice(1)
try { fs.writeFileSync(file, fs.readFileSync(0), { flag: 'wx', mode: 0o600 }) } catch (error) { if (error.code !== 'EEXIST') throw error }
process.stdout.write(fs.readFileSync(file))`
