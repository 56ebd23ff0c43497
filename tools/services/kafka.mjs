import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, findFreePort, isListening, LOOPBACK } from './network.mjs'
import { findProgram, run } from './programs.mjs'

/** The newest that runs on Java 17. */
const VERSION = '4.3.0'
const LOGGING_VERSION = '2.25.4'
const FETCH = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const FETCH_TIMEOUT_MS = 15 * 60_000
/** Sixteen bytes of our choice in base64url, as Kafka wants it. */
const CLUSTER_ID = 'a2FyeWEtZm9yLXRlc3RzIQ'
const FIRST_CONTROLLER_PORT = 59_192

/** What Maven is to fetch: Kafka, and what lets it write its log through Log4j. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>karya</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>${LOGGING_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

const librariesOf = (home) => join(home, 'lib')
const settingsFileOf = (home) => join(home, 'server.properties')

/** Fetched beside its place and then renamed, so that half of it is never taken for the whole. */
async function fetchLibraries(home) {
  const libraries = librariesOf(home)
  if (existsSync(join(libraries, `kafka_2.13-${VERSION}.jar`))) return
  const unfinished = `${libraries}.new`
  const pomFile = join(home, 'pom.xml')
  writeFileSync(pomFile, POM)
  rmSync(unfinished, { recursive: true, force: true })
  const args = ['--batch-mode', '--quiet', '--file', pomFile, FETCH, '-DincludeScope=runtime']
  await run(findProgram('mvn'), [...args, `-DoutputDirectory=${unfinished}`], { timeoutMs: FETCH_TIMEOUT_MS })
  rmSync(libraries, { recursive: true, force: true })
  renameSync(unfinished, libraries)
}

/** One process is broker and controller; every internal topic has the one copy that is possible. */
function writeSettings(home, { port, controllerPort }) {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${LOOPBACK}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${LOOPBACK}:${port},CONTROLLER://${LOOPBACK}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(home, 'data'),
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(settingsFileOf(home), lines.join(''))
}

/**
 * Java's arguments for a main class: little memory and a quick start matter more here than speed later on.
 */
function javaArguments(home, mainClass) {
  const machine = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dlog4j2.level=WARN']
  return [...machine, '-cp', join(librariesOf(home), '*'), mainClass]
}

/**
 * The request `Metadata` in its version 4, in the layout of https://kafka.apache.org/protocol: it asks for
 * the brokers and for no topic.
 */
function metadataRequest() {
  const header = Buffer.from([0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff])
  const body = Buffer.from([0, 0, 0, 0, 0])
  const size = Buffer.alloc(4)
  size.writeInt32BE(header.length + body.length)
  return Buffer.concat([size, header, body])
}

/**
 * The first broker in an answer to it: after size, correlation, throttle time and count come its id, host
 * and port.
 */
function firstBroker(answer) {
  if (!answer || answer.readInt32BE(12) < 1) return undefined
  const hostLength = answer.readInt16BE(20)
  return { host: answer.toString('utf8', 22, 22 + hostLength), port: answer.readInt32BE(22 + hostLength) }
}

export const kafka = {
  name: 'kafka',
  title: 'Kafka',
  variable: 'TEST_KAFKA_BROKERS',
  programs: { java: 'default-jre-headless', mvn: 'maven' },
  firstPort: 59_092,
  usualAddresses: ['127.0.0.1:9092'],

  address: (port) => `${LOOPBACK}:${port}`,

  /** Clients connect to the address that a broker names, so that one must answer as well. */
  async answers(address) {
    const [host, port] = address.split(',')[0].split(':')
    const answer = await ask({
      host,
      port: Number(port),
      question: metadataRequest(),
      isWhole: (bytes) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0),
    })
    const broker = firstBroker(answer)
    if (!broker || !(await isListening(broker))) throw new Error('no broker can be reached')
  },

  async prepare({ home }) {
    await fetchLibraries(home)
    writeSettings(home, { port: this.firstPort, controllerPort: FIRST_CONTROLLER_PORT })
    const format = ['format', '--ignore-formatted', '--cluster-id', CLUSTER_ID]
    const args = [...javaArguments(home, 'kafka.tools.StorageTool'), ...format]
    await run(findProgram('java'), [...args, '--config', settingsFileOf(home)], { cwd: home })
  },

  async command({ home, port }) {
    writeSettings(home, { port, controllerPort: await findFreePort(FIRST_CONTROLLER_PORT) })
    return [findProgram('java'), [...javaArguments(home, 'kafka.Kafka'), settingsFileOf(home)]]
  },
}
