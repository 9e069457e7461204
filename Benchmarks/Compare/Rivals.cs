using System.Diagnostics;

namespace Cmud.Benchmarks.Compare;

/// <summary>The servers of a comparison, each in a process of its own. Of the others, those that are installed.</summary>
internal sealed class Rivals : IAsyncDisposable
{
    private readonly List<RunningServer> _all = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _versions = [];

    private Rivals()
    {
    }

    /// <summary>Ours, in memory.</summary>
    public RunningServer Memory { get; private set; } = null!;

    /// <summary>Ours, with an fsync before each acknowledgement.</summary>
    public RunningServer Synced { get; private set; } = null!;

    public RunningServer? Redis { get; private set; }

    /// <summary>Redis with an fsync before each acknowledgement.</summary>
    public RunningServer? RedisSynced { get; private set; }

    public RunningServer? Garnet { get; private set; }

    /// <summary>Comes with this program; null where only the quick ones were wanted.</summary>
    public AkkaPair? Akka { get; private set; }

    /// <summary>Two of ours, to be held against <see cref="Akka"/>.</summary>
    public OurPair? Pair { get; private set; }

    /// <summary>What is not installed, and how to install it.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>What is.</summary>
    public IReadOnlyList<string> Versions => _versions;

    /// <summary>Starts them.</summary>
    /// <param name="directory">For what they keep on disk.</param>
    /// <param name="pairKeys">How many keys those have that are two; null for Redis alone.</param>
    public static async Task<Rivals> StartAsync(string directory, int? pairKeys)
    {
        var rivals = new Rivals();
        try
        {
            rivals.Memory = rivals.Add(await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--durability", "memory"));
            rivals.Synced = rivals.Add(await RunningServer.CmudAsync(RunningServer.FreePort(), "--count", "2", "--data", Path.Combine(directory, "ours")));
            await rivals.StartRedisAsync(directory);
            if (pairKeys is not { } keys) return rivals;

            await rivals.StartGarnetAsync();
            rivals.Pair = await OurPair.StartAsync(keys);
            rivals.Akka = await AkkaPair.StartAsync(keys);
            rivals._versions.Add(AkkaPair.Version);
            return rivals;
        }
        catch
        {
            await rivals.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _all) await server.DisposeAsync();
        if (Pair is not null) await Pair.DisposeAsync();
        if (Akka is not null) await Akka.DisposeAsync();
    }

    private async Task StartRedisAsync(string directory)
    {
        if (RunningServer.Find("redis-server") is not { } program || RunningServer.Find("redis-benchmark") is null)
        {
            _missing.Add("Redis (redis-server and redis-benchmark of Debian's redis)");
            return;
        }

        Redis = Add(await StartAsync("no", Directory.CreateDirectory(Path.Combine(directory, "redis"))));
        RedisSynced = Add(await StartAsync("yes", Directory.CreateDirectory(Path.Combine(directory, "redis-synced"))));
        _versions.Add(await VersionAsync(program));

        Task<RunningServer> StartAsync(string append, DirectoryInfo data)
        {
            var port = RunningServer.FreePort();
            return RunningServer.StartAsync(program, ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", data.FullName, "--save", "", "--appendonly", append, "--appendfsync", "always"], port);
        }
    }

    private async Task StartGarnetAsync()
    {
        if (RunningServer.Find("garnet-server") is not { } program)
        {
            _missing.Add("Garnet (dotnet tool install -g garnet-server)");
            return;
        }

        if (RunningServer.Find("redis-benchmark") is null) return;

        var port = RunningServer.FreePort();
        Garnet = Add(await RunningServer.StartAsync(program, ["--port", $"{port}", "--bind", "127.0.0.1"], port));
        _versions.Add($"Garnet {await VersionAsync(program)}");
    }

    private RunningServer Add(RunningServer server)
    {
        _all.Add(server);
        return server;
    }

    private static async Task<string> VersionAsync(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return string.Join(' ', said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(3));
    }
}
