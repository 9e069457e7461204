using System.Runtime.CompilerServices;
using Cmud.Client;
using Cmud.Replication;

namespace Cmud.Tests.Unit;

/// <summary>A store of one replica in memory, with the real replica's rules, for tests of what stands on the client.</summary>
internal sealed class MemoryClient : ICmudClient
{
    private static readonly Origin Here = new(new(0x5e), 0x1f);
    private readonly Replica _replica = new();
    private ulong _sequence;

    /// <summary>What a call throws instead of an answer.</summary>
    public Exception? Failure { get; set; }

    public bool IsDisposed { get; private set; }

    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        Fail();
        return new(_replica.Get(Bytes(key))?.Value is { } value ? Door.Decode(value) : null);
    }

    public async ValueTask<Reading> ReadAsync(string key, CancellationToken cancellationToken = default) =>
        new(await GetAsync(key, cancellationToken), Here.Server, [new(new(0x6e), TimeSpan.FromMilliseconds(120)), new(new(0x7e), TimeSpan.FromMilliseconds(80))]);

    public ValueTask<PutReceipt> PutAsync(string key, string value, CancellationToken cancellationToken = default) => PutAsync(key, value, null, cancellationToken);

    public ValueTask<PutReceipt> PutAsync(string key, string value, TimeSpan? timeToLive, CancellationToken cancellationToken = default) =>
        Write(key, Bytes(value), timeToLive);

    public ValueTask<PutReceipt> DeleteAsync(string key, CancellationToken cancellationToken = default) => Write(key, null, null);

    public async IAsyncEnumerable<KeyValuePair<string, string>> ListAsync(string prefix = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Fail();
        foreach (var entry in _replica.List(Bytes(prefix), null, Door.MaxPageEntries, now: 0).Page)
        {
            await Task.CompletedTask;
            yield return new(Door.Decode(entry.Key), Door.Decode(entry.Value));
        }
    }

    /// <summary>What a watch tells before it ends.</summary>
    public IReadOnlyList<WatchEvent> Events { get; set; } = [];

    /// <summary>Where the last watch began.</summary>
    public string? WatchedFrom { get; private set; }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(string prefix = "", string? from = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Fail();
        WatchedFrom = from;
        foreach (var one in Events.Where(one => one.Key.Length == 0 || one.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            await Task.CompletedTask;
            yield return one;
        }
    }

    /// <summary>What was waited for.</summary>
    public (Visibility Where, TimeSpan Timeout)? Waited { get; private set; }

    public ValueTask WaitVisibleAsync(PutReceipt receipt, Visibility where, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Waited = (where, timeout);
        return default;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    private ValueTask<PutReceipt> Write(string key, byte[]? value, TimeSpan? timeToLive)
    {
        Fail();
        var now = DateTimeOffset.UnixEpoch.AddSeconds(++_sequence);
        var stamp = new Stamp(HybridTimestamp.Of(now), Here, 3);
        var expiresAt = now + timeToLive;
        _replica.Merge(new(Bytes(key), value, stamp, _sequence, expiresAt?.ToUnixTimeMilliseconds() ?? Entry.Never));
        return new(new PutReceipt(key, stamp, _sequence, Here.Server) { ExpiresAt = expiresAt });
    }

    private static byte[] Bytes(string text) => Door.TryEncode(text, out var utf8) ? utf8 : throw new ArgumentException(text);

    private void Fail()
    {
        if (Failure is not null) throw Failure;
    }
}
