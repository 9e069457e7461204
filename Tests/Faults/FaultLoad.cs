using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Faults;

/// <summary>How hard a load is.</summary>
internal sealed record LoadOptions
{
    /// <summary>Each with a server that it likes best, in turn.</summary>
    public int Clients { get; init; } = 3;

    /// <summary>Sessions of each client, which are many at once on keys of their own, so that each has its order.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>Calls per second, of all together; fewer where the servers are slower.</summary>
    public int Rate { get; init; } = 400;

    /// <summary>Shared by all clients.</summary>
    public int Keys { get; init; } = 160;

    /// <summary>How often what was asked is asked, each time with another value, until it ends well.</summary>
    public int Tries { get; init; } = 1;
}

/// <summary>Clients that write and read without pause, whatever happens to their servers, and write down what became of each call.</summary>
/// <remarks>A client leaves its server for the next when that is lost, and comes back to it. No write is made again; who tries again makes another one.</remarks>
internal sealed class FaultLoad : IAsyncDisposable
{
    /// <summary>What all keys of loads begin with.</summary>
    public const string Prefix = "load/";

    /// <summary>Only a load that hangs ends here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly History _history;
    private readonly LoadOptions _options;
    private readonly IReadOnlyList<CmudClient> _clients;
    private readonly Gate _gate = new();
    private readonly Task _working;
    private int _busy;
    private int _pauses;
    private int _triedAgain;
    private int _givenUp;
    private volatile bool _ends;

    private FaultLoad(History history, LoadOptions options, IReadOnlyList<CmudClient> clients)
    {
        (_history, _options, _clients) = (history, options, clients);
        var first = history.Enter(Sessions);
        _working = Task.WhenAll(Enumerable.Range(0, Sessions).Select(worker => Task.Run(() => WorkAsync(worker, first + worker))));
    }

    /// <summary>Calls after the first of those that did not end well at once, and how many requests did not even with the last try.</summary>
    public (int TriedAgain, int GivenUp) Retries => (Volatile.Read(ref _triedAgain), Volatile.Read(ref _givenUp));

    /// <summary>How many call side by side.</summary>
    public int Sessions => _clients.Count * _options.Workers;

    /// <summary>The keys of such a load.</summary>
    public static IReadOnlyList<string> KeysOf(LoadOptions options) => [.. Enumerable.Range(0, options.Keys).Select(key => $"{Prefix}{key:0000}")];

    /// <summary>Connects the clients, and begins.</summary>
    public static async Task<FaultLoad> StartAsync(History history, IReadOnlyList<ServerAddress> servers, LoadOptions options)
    {
        var clients = new List<CmudClient>();
        for (var client = 0; client < options.Clients; client++)
        {
            var home = client % servers.Count;
            clients.Add(await CmudClient.ConnectAsync(new CmudClientOptions { Servers = [.. servers.Skip(home), .. servers.Take(home)], Router = new HomeRouter(new(client)) }));
        }

        return new(history, options, clients);
    }

    /// <summary>Returns when so many writes are acknowledged.</summary>
    public async Task AcknowledgedAsync(int writes)
    {
        var enough = _history.Acknowledged + writes;
        var began = _history.Now;
        while (_history.Acknowledged < enough)
        {
            if (_history.Now - began > Patience) throw new TimeoutException($"{enough - _history.Acknowledged} of {writes} writes were not acknowledged within {Patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Makes no further calls; returns when every call under way has ended, which each does within 5 s.</summary>
    public async Task PauseAsync()
    {
        _gate.Close();
        Interlocked.Exchange(ref _pauses, 1);
        while (Volatile.Read(ref _busy) > 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }

    /// <summary>Goes on after a pause.</summary>
    public void Resume()
    {
        Interlocked.Exchange(ref _pauses, 0);
        _gate.Open();
    }

    public async ValueTask DisposeAsync()
    {
        _ends = true;
        Resume();
        await _working;
        foreach (var client in _clients) await client.DisposeAsync();
    }

    private async Task WorkAsync(int worker, int session)
    {
        var client = _clients[worker / _options.Workers];
        var chance = new Random(session);
        var own = KeysOf(_options).Where((_, key) => key % _options.Workers == worker % _options.Workers).ToArray();
        var pause = TimeSpan.FromSeconds((double)_clients.Count * _options.Workers / _options.Rate);
        for (var number = 0; !_ends; number++)
        {
            var before = TimeProvider.System.GetTimestamp();
            // Busy first, then a look whether there is a pause: who begins a pause looks the other way round.
            Interlocked.Increment(ref _busy);
            while (Volatile.Read(ref _pauses) > 0)
            {
                Interlocked.Decrement(ref _busy);
                await _gate.PassAsync(CancellationToken.None);
                Interlocked.Increment(ref _busy);
            }

            var kind = chance.Next(10) switch { < 6 => CallKind.Put, < 7 => CallKind.Delete, _ => CallKind.Get };
            var key = own[chance.Next(own.Length)];
            for (var tries = 1; ; tries++)
            {
                var call = await CallAsync(client, new(session, kind, key, kind == CallKind.Put ? $"{session}.{number}.{tries}" : null, Outcome.Ok, _history.Now));
                _history.Add(call);
                if (call.Outcome == Outcome.Ok) break;

                if (tries == _options.Tries)
                {
                    Interlocked.Increment(ref _givenUp);
                    break;
                }

                Interlocked.Increment(ref _triedAgain);
            }

            Interlocked.Decrement(ref _busy);
            var left = pause - TimeProvider.System.GetElapsedTime(before);
            if (left > TimeSpan.Zero) await Task.Delay(left, TimeProvider.System);
        }
    }

    /// <summary>Makes a call; gives it back with what became of it.</summary>
    private async Task<Call> CallAsync(CmudClient client, Call call)
    {
        try
        {
            var done = call.Kind switch
            {
                CallKind.Put => Written(call, await client.PutAsync(call.Key, call.Value!)),
                CallKind.Delete => Written(call, await client.DeleteAsync(call.Key)),
                _ => call with { Value = await client.GetAsync(call.Key) },
            };
            return done with { Completed = _history.Now };
        }
        catch (CmudException e)
        {
            var outcome = e.Failure is CmudFailure.OutcomeUnknown or CmudFailure.ServerError ? Outcome.Unknown : Outcome.Fail;
            return call with { Outcome = outcome, Completed = _history.Now, Trouble = e.Message };
        }
    }

    private static Call Written(Call call, PutReceipt receipt) => call with { Stamp = receipt.Stamp, Sequence = receipt.Sequence };

    /// <summary>Any query grain of the first server that can be reached: no client wanders because another server seems nearer.</summary>
    private sealed class HomeRouter(Random chance) : ICmudRouter
    {
        private readonly Lock _gate = new();

        public Route Next(IReadOnlyList<ServerView> servers)
        {
            var server = Enumerable.Range(0, servers.Count).First(server => servers[server].Reachable);
            lock (_gate) return new(server, chance.Next(servers[server].QueryGrains));
        }
    }
}
