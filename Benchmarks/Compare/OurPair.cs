using Cmud.Client;

namespace Cmud.Benchmarks.Compare;

/// <summary>Two servers of ours, each in a process of its own.</summary>
internal sealed class OurPair : IAsyncDisposable
{
    private readonly RunningServer[] _servers;
    private readonly CmudClient _writer;
    private readonly CmudClient _reader;
    private long _values;

    private OurPair(RunningServer[] servers, CmudClient writer, CmudClient reader) => (_servers, _writer, _reader) = (servers, writer, reader);

    /// <summary>Starts both, and writes so many keys.</summary>
    public static async Task<OurPair> StartAsync(int keys)
    {
        var first = await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--durability", "memory");
        var second = await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--durability", "memory", "--join", first.Address);
        var pair = new OurPair([first, second], await ConnectAsync(first), await ConnectAsync(second));
        foreach (var some in Enumerable.Range(0, keys).Chunk(512)) await Task.WhenAll(some.Select(number => pair.PutAsync(LoadKeys.Key(number))));
        return pair;
    }

    /// <summary>Puts at one server, each awaited, so many at a time.</summary>
    /// <returns>How many in a second.</returns>
    public async Task<double> PutsPerSecondAsync(int outstanding, double seconds, int keys) =>
        (await LoadRun.Run(new LoadOptions { Server = _servers[0].Address, Op = LoadOp.Put, Keys = keys, Outstanding = outstanding, Seconds = seconds })).OpsPerS;

    /// <inheritdoc cref="AkkaPair.ShownAsync"/>
    public async Task<double> ShownAsync(string key) => await Sighting.AfterAsync(await PutAsync(key), async () => await _reader.GetAsync(key));

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
        foreach (var server in _servers) await server.DisposeAsync();
    }

    private async Task<string> PutAsync(string key)
    {
        var value = LoadKeys.Value(Interlocked.Increment(ref _values), 64);
        await _writer.PutAsync(key, value);
        return value;
    }

    private static Task<CmudClient> ConnectAsync(RunningServer server) => CmudClient.ConnectAsync(server.Address);
}
