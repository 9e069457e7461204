using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Cmud.Grains;

/// <summary>Holds one full replica of the store and answers every query at once from it, whatever happens elsewhere.</summary>
/// <remarks>
/// <para>
/// How replicas are kept in step, locally: a Put is stamped by this grain's hybrid logical clock and committed to the
/// server's journal, which numbers it; then it is merged here and acknowledged. The journal feed hands what was committed to
/// the server's one sync grain, which merges it and passes what was news to every other query grain of the server: one-way
/// messages, newest entry per key, at least 110 ms apart, so at most 10 in any sliding second between two grains, however
/// many Puts there are, and at once where the pair was at rest. All replicas apply one rule, the greater stamp wins
/// (<see cref="Entry.Merge"/>), so order and repetition of messages do not matter.
/// </para>
/// <para>
/// Remotely: the sync grain sends each peer server one frame, never one per grain, and the peer's sync grain passes
/// the news on to its query grains, and to no other server. Frames carry contiguous intervals of the origin's numbers, and
/// tell which intervals the sender holds; so a server sees its gaps, gets own writes of the others pushed, asks any holder for what it
/// lacks (a lost frame, a dead origin, and all of the past for a new server), and is sent nothing twice that it told it
/// holds. See <see cref="Replication.Sync.SyncMachine"/>.
/// </para>
/// <para>
/// Why the attributes: a stateless worker runs on the silo that the call reached; by default Orleans removes idle workers, state and
/// all, after any burst, hence the second argument. Reentrant: Gets go on while a Put waits for its commit, and no replica method suspends midway.
/// </para>
/// </remarks>
[StatelessWorker(1, removeIdleWorkers: false), KeepAlive, Reentrant, GrainDirectory(LocalGrainDirectory.Name)]
public sealed class QueryGrain(StoreServer server, StoreMetrics metrics, IAuditTrail audit, IHostApplicationLifetime lifetime, ILogger<QueryGrain> logger) : Grain, IQueryGrain, IReplicaGrain, IOperatorGrain
{
    /// <summary>Most entries that are merged in one turn: at up to 2 us each, where a million keys are held, 0.5 ms, for which a query may have to wait.</summary>
    private const int TurnEntries = 256;

    private readonly Queue<DeltaMessage> _deltas = new();
    private readonly Replica _replica = new();
    private readonly Arrivals _arrivals = new();
    private readonly HybridClock _clock = new(server.Time);
    private Watchers? _watchers;
    private Quotas? _quotas;
    private Inspection? _inspection;
    private Freshness _freshness = Freshness.None;
    private OperationCounts _counts = new();
    private ulong _merged;
    private int _grain;

    /// <summary>Loads what the server holds before anything is answered.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyLong();
        if (key < 0 || key >= server.Options.QueryGrains)
            throw new RefusedException($"There is no query grain {key}: {server.Me.Name} has {server.Options.QueryGrains}, numbered 0 to {server.Options.QueryGrains - 1}.");

        _grain = (int)key;
        _counts = server.OperationCounts[_grain];
        var head = server.Journal.Head;
        byte[]? cursor = null;
        do
        {
            var request = new LoadRequest(_grain, head, cursor);
            var slice = await OffTurn.Call(Sync, sync => sync.Load(request));
            // When these came is the sync grain's to know: loading is no arrival.
            await InTurns(slice.Entries, (entry, _) => Take(entry, out Entry? _));
            _clock.Observe(new(slice.Clock));
            cursor = slice.Cursor;
            _replica.PurgeFloor = new(slice.PurgeFloor);
            Merged(slice.Number);
        }
        while (cursor is not null);
    }

    /// <inheritdoc/>
    public ValueTask<GetReply> Get(GetRequest request)
    {
        Check(Door.RefuseGatewayKey(request.Key));
        var reply = Get(request.Key, Now);
        return new(request.AsksLags ? reply with { Lags = Lags() } : reply);
    }

    /// <inheritdoc/>
    public async ValueTask<PutReply> Put(PutRequest request)
    {
        Check(Door.RefuseGatewayKey(request.Key) ?? RefuseValue(request.Value) ?? Door.RefuseTimeToLive(request.TimeToLive));
        return await Write(request.Key, request.Value, request.TimeToLive, request.Seen);
    }

    /// <inheritdoc/>
    public async ValueTask<PutReply> Delete(DeleteRequest request)
    {
        Check(Door.RefuseGatewayKey(request.Key));
        return await Write(request.Key, value: null, timeToLive: null, request.Seen);
    }

    /// <inheritdoc/>
    public ValueTask<ListReply> List(ListRequest request)
    {
        Check(Door.RefuseGatewayPrefix(request.Prefix) ?? Door.RefuseLimit(request.Limit) ?? Door.RefuseKnown(request.Known));
        var reply = List(request, Now);
        return new(request.AsksLags ? reply with { Lags = Lags() } : reply);
    }

    /// <inheritdoc/>
    public ValueTask<PackedReply> Execute(PackedRequest request)
    {
        var writes = Batch.Check(request, _replica);
        return writes == 0 ? new(Answers(request, [])) : Write(request, writes);
    }

    /// <inheritdoc/>
    public ValueTask<WatchReply> Watch(WatchRequest request)
    {
        Check(Door.RefuseGatewayPrefix(request.Prefix) ?? Door.RefuseLimit(request.Limit));
        _counts.Watches++;
        return Watchers.Watch(request, () => (server.FreshnessOf(_grain), _merged));
    }

    /// <inheritdoc/>
    public ValueTask<ServerDescription> Describe() =>
        new(new ServerDescription(server.Me.Id.Value, server.Me.Name, server.Me.Address, server.Options.QueryGrains));

    /// <inheritdoc/>
    ValueTask IReplicaGrain.Start() => default;

    /// <inheritdoc/>
    async ValueTask IReplicaGrain.Merge(DeltaMessage delta)
    {
        _deltas.Enqueue(delta);
        // One after the other: what a delta purges, an earlier one may still bring.
        if (_deltas.Count > 1) return;

        try
        {
            await MergeAll();
        }
        catch (Exception broken) when (!server.IsStopping)
        {
            // It would show nothing new any more, and nobody would know.
            logger.LogCritical(broken, "Query grain {Grain} of {Server} cannot take in what was written; the server stops. Start it again: it loads what it holds anew", _grain, server.Me.Name);
            server.HasFailed = true;
            lifetime.StopApplication();
            throw;
        }
    }

    private async ValueTask MergeAll()
    {
        while (_deltas.TryPeek(out var next))
        {
            await InTurns(next.Entries, Arrive);
            foreach (var purged in next.Purged) Purge(purged);
            // One that was sent to a former activation, or before the first, comes after a load that is newer.
            _replica.PurgeFloor = HybridTimestamp.Max(_replica.PurgeFloor, new(next.PurgeFloor));
            Merged(Math.Max(_merged, next.Number));
            _deltas.Dequeue();
        }
    }

    /// <inheritdoc/>
    ValueTask<bool> IOperatorGrain.Shows(ShowsRequest request)
    {
        Check(Door.RefuseKey(request.Key));
        return new(_replica.Shows(request.Key, request.Stamp));
    }

    /// <inheritdoc/>
    ValueTask<DigestReply> IOperatorGrain.Digest(DigestRequest request) => Inspection.Digest(request);

    /// <inheritdoc/>
    ValueTask<KeysReply> IOperatorGrain.Keys(KeysRequest request) => Inspection.Keys(request);

    /// <inheritdoc/>
    ValueTask<ExplainReply> IOperatorGrain.Explain(ExplainRequest request)
    {
        Check(Door.RefuseKey(request.Key));
        return new(Inspection.Explain(request.Key, Now));
    }

    /// <inheritdoc/>
    ValueTask<PairsReply> IOperatorGrain.Pairs() => new(OffTurn.Call(Sync, static sync => sync.Pairs()));

    /// <inheritdoc/>
    ValueTask<MembersReply> IOperatorGrain.Members() => new(OffTurn.Call(Sync, static sync => sync.Members()));

    /// <inheritdoc/>
    ValueTask IOperatorGrain.Forget(ForgetRequest request)
    {
        audit.Add(new("forget", IsRefused: false) { Target = $"{new ServerId(request.Server)}" });
        return new(OffTurn.Call(Sync, sync => sync.Forget(request.Server)));
    }

    /// <inheritdoc/>
    async ValueTask IOperatorGrain.SetToken(TokenRequest request)
    {
        Check(SystemKeys.IsName(request.Id) ? null : "The id of the token is none; use what cmud token list prints.");
        if (request.Kept is { } kept)
        {
            Check(Token.TryUnpack(request.Id, kept, out _) ? Door.RefuseValue(kept) ?? Door.RefuseTimeToLive(request.TimeToLive) : "The token is none that this server knows how to keep; use a client of its own version.");
            await Write(SystemKeys.Token(request.Id), kept, request.TimeToLive, seen: 0);
            audit.Add(new("token.create", IsRefused: false) { Target = request.Id });
            return;
        }

        Check(_replica.Get(SystemKeys.Token(request.Id), Now) is null ? $"There is no token {request.Id} here; cmud token list prints those that there are." : null);
        await Write(SystemKeys.Token(request.Id), value: null, timeToLive: null, seen: 0);
        audit.Add(new("token.revoke", IsRefused: false) { Target = request.Id });
    }

    /// <inheritdoc/>
    ValueTask<WatchReply> IOperatorGrain.Tokens(WatchRequest request)
    {
        Check(Door.RefuseLimit(request.Limit));
        return Watchers.Watch(request with { Prefix = SystemKeys.Tokens }, () => (server.FreshnessOf(_grain), _merged), isAlwaysLetIn: true);
    }

    /// <inheritdoc/>
    async ValueTask<BackupReply> IOperatorGrain.Backup(BackupRequest request)
    {
        if (server.Journal is not IBackupJournal journal) throw new RefusedException($"{server.Me.Name} keeps everything in memory, so there is nothing to back up; start it with a data directory.");

        audit.Add(new("backup", IsRefused: false) { Target = request.Directory });
        try
        {
            return new(await journal.Backup(request.Directory));
        }
        catch (BackupException e)
        {
            throw new RefusedException(e.Message);
        }
        catch (JournalFailedException e)
        {
            throw new RefusedException(e.Message);
        }
    }

    private void Merged(ulong number)
    {
        _merged = number;
        server.Merged(_grain, number);
    }

    private GetReply Get(ReadOnlySpan<byte> key, long now)
    {
        _counts.Gets++;
        return Answer.Get(_replica, key, now, server.Me.Id);
    }

    private ListReply List(ListRequest request, long now)
    {
        _counts.Lists++;
        return Answer.List(_replica, request, now, server.Me.Id);
    }

    private ILocalSync Sync => GrainFactory.GetGrain<ILocalSync>(0);

    private Inspection Inspection => _inspection ??= new(_replica, _arrivals);

    private Watchers Watchers => _watchers ??= new(_replica, server);

    private Quotas Quotas => _quotas ??= new(_replica, server.Options);

    /// <summary>Does something with each entry and the time, in milliseconds since 1970, and lets queries in between.</summary>
    private async ValueTask InTurns(IReadOnlyList<Entry> entries, Action<Entry, long> take)
    {
        for (var (i, now) = (0, Now); i < entries.Count; i++)
        {
            if (i > 0 && i % TurnEntries == 0)
            {
                await Task.Yield();
                now = Now;
            }

            take(entries[i], now);
        }
    }

    private void Arrive(Entry entry, long now)
    {
        if (!Take(entry, out var replaced)) return;

        Changed(entry, replaced, now);
        metrics.Visible(entry, _grain);
    }

    private void Changed(Entry entry, Entry? replaced, long now)
    {
        _arrivals.Add(entry, replaced, now);
        Watchers.Changed(entry);
    }

    /// <summary>That a tombstone is forgotten changes nothing for a reader. That an expired value is, is how watchers hear of its end.</summary>
    private void Purge(Entry purged)
    {
        if (_replica.Get(purged.Key) is { IsTombstone: false } held && held.Stamp <= purged.Stamp)
        {
            Quotas.Count(entry: null, held);
            Watchers.Changed(held);
        }

        _replica.Purge(purged);
    }

    /// <summary>How far this replica may be behind each other server.</summary>
    private ServerLag[] Lags()
    {
        // What it speaks of may still wait here to be merged; then what was so before holds.
        var latest = server.FreshnessOf(_grain);
        if (latest.Delivery <= _merged) _freshness = latest;
        var now = server.Now;
        return [.. _freshness.Servers.Select(held => new ServerLag(held.Server.Value, now - held.Time))];
    }

    private bool Take(Entry entry, out Entry? replaced)
    {
        _clock.Observe(entry.Stamp.Time);
        if (!_replica.Merge(entry, out replaced)) return false;

        Quotas.Count(entry, replaced);
        return true;
    }

    private async ValueTask<PutReply> Write(byte[] key, byte[]? value, TimeSpan? timeToLive, ulong seen)
    {
        await BeginWrite(seen);
        return Show((await Commit([Draft(key, value, timeToLive)]))[0], Now);
    }

    private async ValueTask<PackedReply> Write(PackedRequest request, int count)
    {
        await BeginWrite(new RequestReader(request).Seen);
        return Answers(request, await Commit(Batch.Writes(request, count, _replica, Draft)));
    }

    /// <summary>Throws where nothing may be written; waits for the sync grain (<see cref="SyncPace"/>); what is drafted from then on is stamped above what the client has seen.</summary>
    private async ValueTask BeginWrite(ulong seen)
    {
        await server.SyncPace.WaitAsync();
        if (server.IsStopping) throw new StoppingException();

        Observe(seen);
    }

    /// <summary>All commit as one.</summary>
    private async ValueTask<Entry[]> Commit(Entry[] drafts)
    {
        Quotas.Check(drafts);
        var began = server.Time.GetTimestamp();
        var committed = await Append(drafts);
        metrics.Committed(server.Time.GetElapsedTime(began), _grain);
        return committed;
    }

    /// <summary>Answers a batch: each write is shown, and read by what follows it, in its place.</summary>
    private PackedReply Answers(PackedRequest request, Entry[] committed)
    {
        var written = 0;
        try
        {
            return Answers(request, committed, ref written);
        }
        finally
        {
            // Whatever went wrong, what is committed is shown: nobody else brings a grain its own writes.
            while (written < committed.Length) Show(committed[written++], Now);
        }
    }

    private PackedReply Answers(PackedRequest request, Entry[] committed, ref int written)
    {
        var (now, read) = (Now, 0);
        var batch = new RequestReader(request);
        var reply = new ReplyWriter(server.Me.Id.Value, batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var operation = batch.Next();
            if (operation.IsWrite) reply.Write(Show(committed[written++], now));
            else if (operation.Kind == OperationKind.Get) read += Write(ref reply, Get(operation.Key, now));
            else reply.Write(List(new(operation.Key.ToArray(), operation.HasAfter ? operation.After.ToArray() : null, operation.Limit, batch.Seen), now));
            if (committed.Length == 0) Batch.CheckRead(request, read);
        }

        return reply.Finish(batch.AsksLags ? Lags() : null);

        static int Write(ref ReplyWriter reply, in GetReply found)
        {
            var before = reply.Bytes;
            reply.Write(found);
            return reply.Bytes - before;
        }
    }

    /// <summary>A write that is yet to be committed; a null value deletes.</summary>
    private Entry Draft(byte[] key, byte[]? value, TimeSpan? timeToLive) =>
        new(key, value, NextStamp(), sequence: 0, value is not null && timeToLive is { } span ? Now + (long)span.TotalMilliseconds : Entry.Never);

    private Stamp NextStamp() => new(_clock.Issue(), server.Journal.Origin, (ushort)_grain);

    private async ValueTask<Entry[]> Append(Entry[] drafts)
    {
        try
        {
            Watchers.Begin(drafts.Length);
            return await server.Journal.Append(drafts);
        }
        catch (StaleStampException e)
        {
            // The wall was set back below what the server promised since this grain last stamped. Above the floor it is taken.
            _clock.Observe(e.Floor);
            Watchers.End(drafts.Length);
            return await Append(Array.ConvertAll(drafts, draft => new Entry(draft.Key, draft.Value, NextStamp(), sequence: 0, draft.Expiry)));
        }
        catch (JournalFullException e)
        {
            Watchers.End(drafts.Length);
            throw new StorageFullException(e.Message);
        }
        catch (JournalFailedException e)
        {
            Watchers.End(drafts.Length);
            throw new StorageFailedException(e.Message);
        }
    }

    private PutReply Show(Entry committed, long now)
    {
        if (committed.IsTombstone) _counts.Deletes++;
        else _counts.Puts++;
        if (_replica.Merge(committed, out var replaced))
        {
            Quotas.Count(committed, replaced);
            Changed(committed, replaced, now);
        }

        Watchers.End(1);
        return new(committed.Stamp, committed.Sequence, server.Me.Id.Value, committed.Expiry);
    }

    private long Now => server.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Writes follow reads. Only a write moves the clock, so a session that came from a server with a wrong clock can still read.</summary>
    private void Observe(ulong seen)
    {
        if (!_clock.TryObserveClient(new(seen)))
            throw new RefusedException($"The timestamp {new HybridTimestamp(seen)} of the session lies more than {HybridClock.ClientTolerance.TotalSeconds} s ahead of this server's clock; start a new session, and check the clocks.");
    }

    /// <summary>Without a value it would be a delete, which a Put is not.</summary>
    private static string? RefuseValue(byte[]? value) => value is null ? "A Put needs a value." : Door.RefuseValue(value);

    private static void Check(string? refusal)
    {
        if (refusal is not null) throw new RefusedException(refusal);
    }
}
