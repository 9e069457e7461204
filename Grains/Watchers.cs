using System.Globalization;
using System.Security.Cryptography;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Replication.Sync;
using Cmud.Replication.Watch;

namespace Cmud.Grains;

/// <summary>Those who wait at a query grain for what changes. For one thread at a time; nothing is kept for them between two calls.</summary>
internal sealed class Watchers(Replica replica, StoreServer server)
{
    /// <summary>Most watchers that wait at once.</summary>
    public const int MaxWaiting = 1_000;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>What comes within it is told together, where the last look was no longer ago.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    /// <summary>How long one who comes from another server may wait until this one has what that had: longer than the promised time of sync.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    // From the first watcher on: a grain that nobody watches remembers nothing.
    private ChangeFeed? _feed;
    private TaskCompletionSource? _changed;
    private Freshness _candidate = Freshness.None;
    private (ulong Begun, ulong Shown) _writes;
    private ulong _awaited;
    private int _waiting;

    /// <summary>Own writes are on their way to the journal.</summary>
    public void Begin(int writes) => _writes.Begun += (ulong)writes;

    /// <summary>Own writes are shown, or have failed.</summary>
    public void End(int writes) => _writes.Shown += (ulong)writes;

    /// <summary>The replica shows another entry of a key, or purged an expired one.</summary>
    public void Changed(Entry entry)
    {
        if (_feed is null) return;

        _feed.Add(entry);
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Answers when something changed, or the time to wait is over.</summary>
    /// <param name="request">The prefix is one that <see cref="Door"/> does not refuse.</param>
    /// <param name="freshness">How fresh the replica is now, once it has merged the delivery that this names; and the last delivery that it has merged.</param>
    /// <param name="isAlwaysLetIn">Whether it may wait though there are too many: who keeps up what tokens there are must hear of it whatever clients do.</param>
    public async ValueTask<WatchReply> Watch(WatchRequest request, Func<(Freshness Latest, ulong Merged)> freshness, bool isAlwaysLetIn = false)
    {
        var position = Unpack(request);
        if (_waiting >= MaxWaiting && !isAlwaysLetIn)
            throw new RefusedException($"{MaxWaiting} watchers wait at this query grain already, and no more may; watch at another query grain or server, or watch a shorter prefix once instead of many long ones.");

        _waiting++;
        try
        {
            _feed ??= new(replica, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
            return await Watch(_feed, request with { Limit = LimitOf(request) }, position, freshness);
        }
        catch (OperationCanceledException) when (server.IsStopping)
        {
            throw new StoppingException();
        }
        finally
        {
            _waiting--;
        }
    }

    private async ValueTask<WatchReply> Watch(ChangeFeed feed, WatchRequest request, WatchPosition? position, Func<(Freshness Latest, ulong Merged)> freshness)
    {
        var began = server.Now;
        Cover(feed, freshness());
        if (position is null && request.IsFromNow) position = feed.Now;
        while (!feed.IsAhead(position) && server.Now - began < Patience)
        {
            // What it lacks may come without a change under the prefix.
            await Task.Delay(BetweenLooks, server.Time, server.Stopping);
            Cover(feed, freshness());
        }

        while (true)
        {
            server.Stopping.ThrowIfCancellationRequested();
            var looked = server.Now;
            Cover(feed, freshness());
            var isWalking = position?.Walk is not null;
            var page = feed.Look(request.Prefix, position, request.Limit, server.Time.GetUtcNow().ToUnixTimeMilliseconds());
            position = page.Position;
            var left = began + request.Wait - server.Now;
            if (page.Changes.Count > 0 || page.IsReset || isWalking || !page.IsCurrent || left <= TimeSpan.Zero) return Reply(page);

            await ChangeAsync(left);
            // A store that is written to all the time would wake each watcher for each write.
            var gathered = looked + Gathering - server.Now;
            if (gathered > TimeSpan.Zero) await Task.Delay(gathered, server.Time, server.Stopping);
        }
    }

    private async Task ChangeAsync(TimeSpan atMost)
    {
        _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _changed.Task.WaitAsync(atMost, server.Time, server.Stopping);
        }
        catch (TimeoutException)
        {
            // The answer is empty.
        }
    }

    /// <summary>Takes over what the replica has, as soon as it has that: the sync grain may know of own writes that are not shown here yet.</summary>
    private void Cover(ChangeFeed feed, (Freshness Latest, ulong Merged) now)
    {
        if (_candidate == Freshness.None) (_candidate, _awaited) = (now.Latest, _writes.Begun);
        if (_candidate.Delivery > now.Merged || _writes.Shown < _awaited) return;

        feed.Coverage = new(_candidate.Floors, replica.PurgeFloor);
        _candidate = Freshness.None;
    }

    private static WatchPosition? Unpack(WatchRequest request)
    {
        if (request.Wait < TimeSpan.Zero || request.Wait > MaxWait)
            throw new RefusedException($"The time to wait for a change is {request.Wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s but must be 0 to {MaxWait.TotalSeconds:0} s; ask again after it.");
        if (request.Position is null) return null;

        return WatchPosition.TryUnpack(request.Position, out var position)
            ? position
            : throw new RefusedException("The position of the watch is none that a server gave; watch without one, from the beginning.");
    }

    private static int LimitOf(WatchRequest request) => request.Limit == 0 ? Door.MaxPageEntries : Math.Min(request.Limit, Door.MaxPageEntries);

    private WatchReply Reply(WatchPage page)
    {
        var now = server.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var items = new WatchItem[page.Changes.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var (key, entry) = page.Changes[i];
            items[i] = entry is not null && entry.IsLive(now) ? new(key, entry.Value, entry.Stamp, entry.TimeLeft(now)) : new(key, null, entry?.Stamp);
        }

        return new(items, page.Position.Pack(), page.IsReset, page.IsCurrent);
    }
}
