import { describe, expect, it } from 'vitest';
import { args, type Config, ConfigError, createConfig, int, memory, values } from '../../src/index.js';
import { stateOf } from './rig.js';

/** A wrong call: what is called with what, and what the error has to say. */
type Row = [call: string, act: (config: Config) => unknown, code: string, expectedAndFound: RegExp];

const any = (value: unknown): never => value as never;
const make = (options: unknown) => (): unknown => createConfig(any(options));
const source = values({ a: '1' });
const option = 'CALUMMA_OPTION';

const rows: Row[] = [
  ['createConfig()', make(undefined), option, /createConfig: expected options such as .* found undefined/],
  ['createConfig(null)', make(null), option, /expected options .* found null/],
  ['createConfig([])', make([]), option, /expected options .* found an array/],
  ['createConfig({})', make({}), option, /layers: expected a list of sources, found undefined/],
  ['createConfig({ layers: source })', make({ layers: source }), option, /layers: expected a list of sources, found an object/],
  ['createConfig({ layers: [null] })', make({ layers: [null] }), option, /layers\[0\]: expected a source.* found null/],
  ['createConfig({ layers: [5] })', make({ layers: [source, 5] }), option, /layers\[1\]: expected a source.* found 5/],
  ['createConfig({ layers: [values] })', make({ layers: [values] }), option, /layers\[0\]: expected a source.* found a function/],
  ['createConfig({ layers: [{}] })', make({ layers: [{}] }), option, /layers\[0\]: expected a source, found an object/],
  ['createConfig({ layers: [{ source: null }] })', make({ layers: [{ source: null }] }), option, /layers\[0\]: expected a source, found null/],
  ['a source without a name', make({ layers: [{ readings: () => undefined }] }), option, /layers\[0\]\.name: expected a name, found undefined/],
  ['an empty name', make({ layers: [{ source, name: '' }] }), option, /layers\[0\]\.name: expected a name, found an empty string/],
  ['a name that is a number', make({ layers: [{ source, name: 5 }] }), option, /expected a name, found 5/],
  ['a misspelled layer option', make({ layers: [{ source, maxStaleness: 5 }] }), option, /expected source, name, .* found "maxStaleness"/],
  ['required: "yes"', make({ layers: [{ source, required: 'yes' }] }), option, /layers\[0\]\.required: expected true or false, found a string/],
  ['deletes: "keep"', make({ layers: [{ source, deletes: 'keep' }] }), option, /expected 'apply' or 'ignore', found "keep"/],
  ['maxStalenessMs: "soon"', make({ layers: [{ source, maxStalenessMs: 'soon' }] }), option, /expected ms or a duration .* found "soon"/],
  ['maxStalenessMs: 0', make({ layers: [{ source, maxStalenessMs: 0 }] }), option, /expected ms or a duration .* found 0/],
  ['maxBytes: -1 of a layer', make({ layers: [{ source, maxBytes: -1 }] }), option, /layers\[0\]\.maxBytes: expected bytes .* found -1/],
  ['two layers of one name', make({ layers: [source, args({ argv: [], name: 'values' })] }), 'CALUMMA_DUPLICATE_LAYER', /expected layers with distinct names, found "values" twice/],
  ['a misspelled option', make({ layers: [], maxbytes: 5 }), option, /expected layers, context, .* found "maxbytes"/],
  ['maxBytes: "10 XB"', make({ layers: [], maxBytes: '10 XB' }), option, /maxBytes: expected bytes or a size .* found "10 XB"/],
  ['maxBytes: NaN', make({ layers: [], maxBytes: NaN }), option, /maxBytes: expected bytes .* found NaN/],
  ['maxBytes: 0', make({ layers: [], maxBytes: 0 }), option, /maxBytes: expected bytes .* found 0/],
  ['interpolate: 1', make({ layers: [], interpolate: 1 }), option, /interpolate: expected true or false, found a number/],
  ['redact: "pin"', make({ layers: [], redact: 'pin' }), option, /redact: expected a list of words and patterns, found "pin"/],
  ['redact: [5]', make({ layers: [], redact: [5] }), option, /redact: expected a list of words and patterns, found an array/],
  ['guards: a function', make({ layers: [], guards: () => undefined }), option, /guards: expected a list of functions, found a function/],
  ['guards: [null]', make({ layers: [], guards: [null] }), option, /guards: expected a list of functions, found an array/],
  ['onError: "log"', make({ layers: [], onError: 'log' }), option, /onError: expected a function, found "log"/],
  ['context: "prod"', make({ layers: [], context: 'prod' }), option, /context: expected an object .* found "prod"/],
  ['context: { zone: 5 }', make({ layers: [], context: { zone: 5 } }), option, /context\.zone: expected a string, found 5/],
  ['cacheDir: 5', make({ layers: [], cacheDir: 5 }), option, /cacheDir: expected a path, found 5/],

  ['keys(5)', (config) => config.keys(any(5)), option, /keys\(prefix\): expected a string, found a number/],
  ['entries(null)', (config) => config.entries(any(null)), option, /expected a string, found null/],
  ['view(undefined)', (config) => config.view(any(undefined)), option, /view\(prefix\): expected a string, found undefined/],
  ['view().view(5)', (config) => config.view('a').view(any(5)), option, /view\(prefix\): expected a string, found a number/],
  ['explain(5)', (config) => config.explain(any(5)), option, /explain\(key\): expected a string, found a number/],
  ['getIntProperty(5)', (config) => config.getIntProperty(any(5), 1), option, /the name of a property: expected a string, found a number/],
  ['view().getIntProperty(null)', (config) => config.view('a').getIntProperty(any(null), 1), option, /expected a string, found null/],
  ['getIntProperty of 1.5', (config) => config.getIntProperty('a', 1.5), option, /a: expected an integer as default, found 1\.5/],
  ['getIntProperty of a key that is set', (config) => config.getIntProperty('set', any('x')), option, /set: expected an integer as default, found "x"/],
  ['getStringProperty of 5', (config) => config.getStringProperty('set', any(5)), option, /set: expected .* as default, found 5/],
  ['getBooleanProperty of "yes"', (config) => config.getBooleanProperty('a', any('yes')), option, /expected .* as default, found "yes"/],
  ['getNumberProperty of "1"', (config) => config.getNumberProperty('a', any('1')), option, /expected .* as default, found "1"/],
  ['getBigIntProperty of 1', (config) => config.getBigIntProperty('a', any(1)), option, /expected .* as default, found 1/],
  ['getDurationProperty of "soon"', (config) => config.getDurationProperty('a', 'soon'), option, /expected a duration .* found "soon"/],
  ['getDurationProperty of -1', (config) => config.getDurationProperty('a', -1), option, /expected a duration .* found -1/],
  ['getBytesProperty of "much"', (config) => config.getBytesProperty('a', 'much'), option, /expected .* found "much"/],
  ['getBytesProperty of 1.5', (config) => config.getBytesProperty('a', 1.5), option, /as default, found 1\.5/],
  ['getDateProperty of "today"', (config) => config.getDateProperty('a', 'today'), option, /expected an ISO 8601 .* found "today"/],
  ['getDateProperty of an invalid Date', (config) => config.getDateProperty('a', new Date(NaN)), option, /as default, found an object \(Date\)/],
  ['getDateProperty of {}', (config) => config.getDateProperty('a', any({})), option, /expected a Date, or its text, as default, found an object/],
  ['getUrlProperty of "here"', (config) => config.getUrlProperty('a', 'here'), option, /expected an absolute URL, found "here"/],
  ['getUrlProperty of 5', (config) => config.getUrlProperty('a', any(5)), option, /expected a URL as default, found 5/],
  ['getEnumProperty of another', (config) => config.getEnumProperty('a', ['x', 'y'], any('z')), option, /expected one of "x", "y" as default, found "z"/],
  ['getEnumProperty without texts', (config) => config.getEnumProperty('a', any('xy'), any('x')), option, /expected a list of the allowed texts, found a string/],
  ['getListProperty of a text', (config) => config.getListProperty('a', any('x')), option, /expected an array as default, found "x"/],
  ['getListProperty with a broken parser', (config) => config.getListProperty('a', [], any(5)), option, /expected a function, or a type such as int, found a number/],
  ['getSetProperty of a text', (config) => config.getSetProperty('a', 'x'), option, /expected a Set or an array as default, found "x"/],
  ['getMapProperty of a list', (config) => config.getMapProperty('a', any([])), option, /expected a Map or an object as default, found an array/],
  ['getJsonProperty with a broken schema', (config) => config.getJsonProperty('a', any({}), 1), option, /expected a Standard Schema, or undefined, found an object/],
  ['getProperty without a parser', (config) => config.getProperty('a', any('int'), 1), option, /expected a function, or a type such as int, found a string/],
  ['getProperty with null', (config) => config.getProperty('a', any(null), 1), option, /expected a function, or a type such as int, found null/],
  ['getContextualProperty of {}', (config) => config.getContextualProperty('a', any({})), option, /expected a string, number or boolean as default, found an object/],
  ['getChainedProperty of none', (config) => config.getChainedProperty([]), option, /expected at least one property, found an empty list/],
  ['getChainedProperty of null', (config) => config.getChainedProperty(any(null)), option, /expected a list of properties, found null/],
  ['getChainedProperty of a number', (config) => config.getChainedProperty([any(5)]), option, /expected a property made by a Config, found/],
  ['orElse(5)', (config) => config.getIntProperty('a', 1).orElse(any(5)), option, /expected a property made by a Config, found/],
  ['property.onChange(5)', (config) => config.getIntProperty('a', 1).onChange(any(5)), option, /expected a function as listener, found number/],
  ['property.onChange with a broken signal', (config) => config.getIntProperty('a', 1).onChange(() => 1, { signal: any(5) }), option, /expected an AbortSignal, found a number/],
  ['property.onChange with null', (config) => config.getIntProperty('a', 1).onChange(() => 1, any(null)), option, /expected an object, found null/],
  ['property.changes(5)', (config) => config.getIntProperty('a', 1).changes(any(5)), option, /expected an AbortSignal, found a number/],
  ['property.validate()', (config) => config.getIntProperty('a', 1).validate(any(undefined)), option, /expected a function .* found undefined/],
  ['property.map({})', (config) => config.getIntProperty('a', 1).map(any({})), option, /expected a function .* found object/],
  ['bind(5, {})', (config) => config.bind(any(5), {}), option, /bind\(prefix\): expected a string, found a number/],
  ['bind without specs', (config) => config.bind('g', any(undefined)), option, /expected specs such as .* found undefined/],
  ['bind to a function', (config) => config.bind('g', any(() => 1)), option, /expected specs such as .* found a function/],
  ['bind to a type without a default', (config) => config.bind('g', { a: any(int) }), option, /expected a spec such as int\(100\) for g\.a, found a type without a default/],
  ['bind to a number', (config) => config.bind('g', { deep: { a: any(5) } }), option, /expected a spec such as int\(100\) for g\.deep\.a, found number/],
  ['bind to null', (config) => config.view('v').bind('g', { a: any(null) }), option, /for v\.g\.a, found null/],
  ['override(5)', (config) => config.override(any(5), '1'), option, /override\(key\): expected a string, found a number/],
  ['override of undefined', (config) => config.override('a', any(undefined)), option, /override\("a"\): expected a string; clearOverride.* found undefined/],
  ['view().override of null', (config) => config.view('v').override('a', any(null)), option, /override\("v\.a"\): expected a string.* found null/],
  ['clearOverride(null)', (config) => config.clearOverride(any(null)), option, /expected a string, found null/],
  ['withOverrides of null', (config) => config.withOverrides(any(null), () => 1), option, /expected an object such as .* found null/],
  ['view().withOverrides of null', (config) => config.view('v').withOverrides(any(null), () => 1), option, /expected an object such as .* found null/],
  ['withOverrides of an object as value', (config) => config.withOverrides({ set: '5', b: any({}) }, () => 1), option, /override\("b"\): expected a string.* found an object/],
  ['withOverrides without a function', (config) => config.withOverrides({}, any(5)), option, /withOverrides: expected a function, found 5/],
  ['addLayer()', (config) => config.addLayer(any(undefined)), option, /addLayer: expected a source.* found undefined/],
  ['addLayer at "middle"', (config) => config.addLayer(values({}, { name: 'n' }), any('middle')), option, /expected 'top', 'bottom', .* found "middle"/],
  ['addLayer at null', (config) => config.addLayer(values({}, { name: 'n' }), any(null)), option, /expected 'top', 'bottom', .* found null/],
  ['addLayer at {}', (config) => config.addLayer(values({}, { name: 'n' }), any({})), option, /expected 'top', 'bottom', .* found an object/],
  ['addLayer below nobody', (config) => config.addLayer(values({}, { name: 'n' }), { below: 'nobody' }), 'CALUMMA_UNKNOWN_LAYER', /expected one of the layers memory, values, found "nobody"/],
  ['addLayer twice', (config) => config.addLayer(values({})), 'CALUMMA_DUPLICATE_LAYER', /expected layers with distinct names, found "values" twice/],
  ['removeLayer(5)', (config) => config.removeLayer(any(5)), 'CALUMMA_UNKNOWN_LAYER', /expected one of the layers memory, values, found 5/],
  ['removeLayer of the overrides', (config) => config.removeLayer('overrides'), 'CALUMMA_UNKNOWN_LAYER', /expected one of .* found "overrides"/],
  ['on("changed")', (config) => config.on(any('changed'), () => 1), option, /expected 'change', 'error' or 'state', found "changed"/],
  ['on("toString")', (config) => config.on(any('toString'), () => 1), option, /expected 'change', 'error' or 'state', found "toString"/],
  ['on("change", null)', (config) => config.on('change', any(null)), option, /on\('change'\): expected a function as listener, found/],
  ['view().on("change", null)', (config) => config.view('v').on('change', any(null)), option, /expected a function as listener, found/],
  ['on with a broken prefix', (config) => config.on('change', () => 1, { prefix: any(5) }), option, /expected a string, found a number/],
  ['on with a broken signal', (config) => config.on('state', () => 1, { signal: any({}) }), option, /expected an AbortSignal, found an object/],
  ['onChange(5)', (config) => config.onChange(any(5), () => 1), option, /onChange\(pattern\): expected a string, found a number/],
  ['onChange without a listener', (config) => config.onChange('a.*', any('log')), option, /onChange\('a\.\*'\): expected a function as listener, found string/],
  ['view().onChange without a listener', (config) => config.view('v').onChange('*', any(undefined)), option, /expected a function as listener, found undefined/],
  ['view().onChange(null)', (config) => config.view('v').onChange(any(null), () => 1), option, /onChange\(pattern\): expected a string, found null/],
  ['ready({ timeoutMs: -1 })', (config) => config.ready({ timeoutMs: -1 }), option, /expected a number of milliseconds, found -1/],
  ['ready({ timeoutMs: "5" })', (config) => config.ready({ timeoutMs: any('5') }), option, /expected a number of milliseconds, found "5"/],
  ['ready({ timeout: 5 })', (config) => config.ready(any({ timeout: 5 })), option, /expected timeoutMs, signal, found "timeout"/],
  ['ready(null)', (config) => config.ready(any(null)), option, /expected an object .* found null/],
  ['ready({ signal: 5 })', (config) => config.ready({ signal: any(5) }), option, /expected an AbortSignal, found a number/],
  ['refresh("nobody")', (config) => config.refresh('nobody'), 'CALUMMA_UNKNOWN_LAYER', /expected one of the layers memory, values, found "nobody"/],
  ['refresh(5)', (config) => config.refresh(any(5)), 'CALUMMA_UNKNOWN_LAYER', /expected one of .* found 5/],
];

describe('a wrong call', () => {
  it.each(rows)('%s is refused with what was expected and what was found, and changes nothing', async (_, act, code, message) => {
    const reported: ConfigError[] = [];
    const feed = memory({ set: '1', 'v.g.b': '2' });
    const config = createConfig({ layers: [feed, values({ low: '1' })], onError: (error) => reported.push(error) });
    const held = config.snapshot();
    const before = [stateOf(config), config.usage(), held.entries()];
    let error: unknown;
    try {
      await act(config);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).code).toBe(code);
    expect((error as ConfigError).message).toMatch(message);
    expect([stateOf(config), { ...config.usage(), missing: [] }, held.entries()]).toEqual([before[0], { ...(before[1] as object), missing: [] }, before[2]]);
    expect(reported).toEqual([]);
    feed.set('set', '2');
    expect(config.get('set')).toBe('2');
  });

  it('is known in enough ways', () => {
    expect(rows.length).toBeGreaterThanOrEqual(60);
  });
});
