/** Imported before anything else by every program here: says what to do where an older Node would only stumble. */
const [major = 0] = process.versions.node.split('.').map(Number)

if (major < 24) {
  process.stderr.write(
    `Slipway needs Node 24 or later, this is ${process.version}. Start it with npm (npm start, npm run demo): ` +
      'npm install has put a Node 24 beside the other packages.\n',
  )
  process.exit(1)
}
