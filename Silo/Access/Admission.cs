using System.Globalization;
using System.Threading.RateLimiting;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Microsoft.Extensions.Hosting;

namespace Cmud.Silo.Access;

/// <summary>Holds clients with tokens to their share: so many operations a second for each token and, four times as many, for each address; and none while a query grain is behind.</summary>
/// <param name="rate">Operations a second for a token, which may come all at once; null where nobody is held to anything.</param>
/// <param name="grains">The query grains.</param>
/// <param name="server">This server.</param>
internal sealed class Admission(int? rate, IGrainFactory grains, StoreServer server) : BackgroundService
{
    /// <summary>How many tokens' worth an address may ask: those behind one proxy share it.</summary>
    private const int TokensPerAddress = 4;

    /// <summary>Operations that an attempt without a token, or with a wrong one, counts for.</summary>
    private const int Attempt = 100;

    private const int RefillsPerSecond = 10;

    /// <summary>How old the oldest call that waits for a grain may be before no more are added.</summary>
    private static readonly TimeSpan MaxQueue = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<string> _tokens = Limiter(rate ?? 0);
    private readonly PartitionedRateLimiter<string> _addresses = Limiter((rate ?? 0) * TokensPerAddress);
    private readonly long[] _probes = new long[server.Options.QueryGrains];

    /// <summary>Null where a client may ask anything at all now, else why not.</summary>
    /// <remarks>It takes nothing, calls nothing and throws nothing: who floods is turned away by this, before a body is read or a batch is packed.</remarks>
    /// <param name="grant">What it may do; null before it has sent a token.</param>
    /// <param name="address">Where it is.</param>
    public BusyException? Refuse(Grant? grant, string address)
    {
        if (rate is not { } most) return null;

        return (grant?.Token is { } token ? Refuse(_tokens, token.Id, operations: 0, most, TokenName(token)) : null)
            ?? Refuse(_addresses, address, operations: 0, most * TokensPerAddress, AddressName(address));
    }

    /// <summary>Throws where a client may not ask now.</summary>
    /// <param name="grant">What it may do; null before it has sent a token.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="grain">The query grain that it asks.</param>
    /// <param name="operations">How many at once.</param>
    public void Admit(Grant? grant, string address, int grain, int operations)
    {
        if (rate is not { } most) return;

        if (grant?.Token is { } token) Take(_tokens, token.Id, operations, most, TokenName(token));
        Take(_addresses, address, operations, most * TokensPerAddress, AddressName(address));
        if (Volatile.Read(ref _probes[grain]) is var since and not 0 && server.Time.GetElapsedTime(since) > MaxQueue)
            throw new BusyException("The server has more to do than it can do at once; ask again in a second, or ask another server.", Soon, isOwn: false);
    }

    /// <summary>Null where an address may try without a token, or with one that counts for nothing; else it has tried too often.</summary>
    public BusyException? RefuseStranger(string address) =>
        rate is { } most ? Refuse(_addresses, address, Math.Min(Attempt, most), most * TokensPerAddress, AddressName(address)) : null;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _tokens.Dispose();
        _addresses.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        rate is null ? Task.CompletedTask : Task.WhenAll(Enumerable.Range(0, _probes.Length).Select(grain => ProbeAsync(grain, stoppingToken)));

    /// <summary>Stands in the queue of a grain like any call, all the time, to know how old its oldest is.</summary>
    private async Task ProbeAsync(int grain, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Volatile.Write(ref _probes[grain], server.Time.GetTimestamp());
                await grains.GetGrain<IQueryGrain>(grain).Describe().AsTask().WaitAsync(stoppingToken);
                Volatile.Write(ref _probes[grain], 0);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // It starts, or is so far behind that the call ended: the age says it.
            }

            // The pause is the price: a probe is a call too.
            await Task.Delay(BetweenProbes, server.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static PartitionedRateLimiter<string> Limiter(int perSecond) => PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new()
    {
        TokenLimit = Math.Max(perSecond, 1),
        TokensPerPeriod = Math.Max(perSecond / RefillsPerSecond, 1),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1) / RefillsPerSecond,
        QueueLimit = 0,
    }));

    private static void Take(PartitionedRateLimiter<string> limiter, string key, int operations, int most, string who)
    {
        if (Refuse(limiter, key, operations, most, who) is { } busy) throw busy;
    }

    /// <summary>Null where operations are let in, and taken off what there is; of 0, where there is anything left.</summary>
    private static BusyException? Refuse(PartitionedRateLimiter<string> limiter, string key, int operations, int most, string who)
    {
        // What is more than all that may come at once would never be let in.
        using var lease = limiter.AttemptAcquire(key, Math.Min(operations, most));
        if (lease.IsAcquired) return null;

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > Soon ? after : Soon;
        return new(string.Create(CultureInfo.InvariantCulture, $"{who} asks more than {most:N0} operations a second, which is the most; ask again in {wait.TotalSeconds:0} s, and more slowly."), wait, isOwn: true);
    }

    private static string TokenName(Token token) => $"The token {token.Id}";

    private static string AddressName(string address) => $"The address {address}";
}
