using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Replication.Frames;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Cmud.Grains;

/// <summary>Hosts the sync machine: hands it what happens, and does what it says. One per server.</summary>
/// <remarks>
/// It never waits for a query grain or a peer: all that it sends is one-way. Reentrant, because a Load waits for its slot; the
/// machine is only touched between awaits. The machine's knowledge lives and dies with the activation, and a second one would give the
/// origin's sequences another meaning: losing the activation stops the server.
/// </remarks>
[StatelessWorker(1, removeIdleWorkers: false), KeepAlive, Reentrant, GrainDirectory(LocalGrainDirectory.Name)]
internal sealed class SyncGrain : Grain, ISyncGrain, ILocalSync
{
    /// <summary>Most entries of a load that are gathered in one turn: at 0.1 us each to walk, well within its 2 ms.</summary>
    private const int LoadSliceEntries = 16_384;

    /// <summary>Entries after which a load goes on in the next message: at 9 messages a second, 2.3 million a second, more than a grain can take in.</summary>
    private const int LoadMessageEntries = 16 * LoadSliceEntries;

    /// <summary>How long a stopping server waits for its peers: a write at 250 ms one way is acknowledged after 0.85 s.</summary>
    private static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan HandOverLook = TimeSpan.FromMilliseconds(10);

    private readonly StoreServer _server;
    private readonly PeerLinks _links;
    private readonly JournalFeed _feed;
    private readonly SyncMachine _machine;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly StoreMetrics _metrics;
    private readonly SyncMetrics _syncMetrics;
    private readonly ILogger<SyncGrain> _logger;
    private readonly Dictionary<string, RateMeter> _meters = [];
    private IGrainTimer? _timer;
    private bool _isGoingOn;
    private bool _isOver;
    private TimeSpan _metricsShown;

    /// <summary>A sync grain, with a machine that knows nothing yet.</summary>
    public SyncGrain(StoreServer server, PeerLinks links, JournalFeed feed, SyncSettings settings, IHostApplicationLifetime lifetime, StoreMetrics metrics, SyncMetrics syncMetrics, ILogger<SyncGrain> logger)
    {
        _server = server;
        _links = links;
        _feed = feed;
        _lifetime = lifetime;
        _metrics = metrics;
        _syncMetrics = syncMetrics;
        _logger = logger;
        _machine = new(settings, server.Journal.Origin, server.Me, server.Options.QueryGrains, server.Time, new(), server.Journal.IsDurable, () => server.Journal.Head);
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (this.GetPrimaryKeyLong() != 0) throw new RefusedException($"There is no sync grain {this.GetPrimaryKeyLong()}; the only one is 0.");
        if (!_server.BeginSync())
        {
            FailStop();
            throw new InvalidOperationException("The sync grain was activated twice in one life of the server.");
        }

        _timer = this.RegisterGrainTimer(Wake, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true });
        if (_server.Journal.IsDurable) Step(new Recovered(_server.Journal.Recover()));
        if (_server.Options.Former is { } former) Step(new ForgetServer(former));
        foreach (var address in _server.Options.Join) Step(new JoinServer(address));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isOver = true;
        var isServing = _lifetime.ApplicationStarted.IsCancellationRequested && !_lifetime.ApplicationStopping.IsCancellationRequested;
        if (isServing && reason.ReasonCode != DeactivationReasonCode.ShuttingDown) FailStop();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Receive(FramePayload frame)
    {
        Take(frame, frame.ReturnPath, cameBack: null);
        return default;
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.CameBack(string address, FramePayload frame)
    {
        Take(frame, returnPath: null, address);
        return default;
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.Start() => default;

    /// <inheritdoc/>
    ValueTask ILocalSync.Commit(CommitMessage message)
    {
        Step(new Committed(new(message.After, message.UpTo, message.Entries)));
        _server.SyncPace.End();
        return default;
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.LinkChanged(string address, bool isUp)
    {
        Step(new LinkChanged(address, isUp));
        return default;
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.LinkIdentified(string address, ulong server, string advertised, string name)
    {
        Step(new LinkIdentified(address, new(new(server), advertised, name)));
        return default;
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.RoomChanged(bool hasRoom)
    {
        _logger.LogWarning("{Sentence}", hasRoom
            ? $"The disk of {_server.Me.Name} has room again; it takes writes, and what the other servers kept for it"
            : $"The disk of {_server.Me.Name} has less free than the reserve; it refuses writes, answers reads, and the other servers keep what they have for it");
        Step(new RoomChanged(hasRoom));
        return default;
    }

    /// <inheritdoc/>
    async ValueTask<LoadReply> ILocalSync.Load(LoadRequest request)
    {
        while (_machine.LoadSlot(request.Grain) - _server.Now is { Ticks: > 0 } wait) await Task.Delay(wait, _server.Time);

        // Others have their turn between slices; what comes meanwhile waits in the grain's outbox until the load has ended.
        var entries = new List<Entry>();
        var slice = _machine.Load(request.Grain, request.JournalHead, request.After, LoadSliceEntries);
        entries.AddRange(slice.Entries);
        while (slice.Cursor is { } cursor && entries.Count < LoadMessageEntries)
        {
            await Task.Yield();
            slice = _machine.Load(request.Grain, request.JournalHead, cursor, LoadSliceEntries);
            entries.AddRange(slice.Entries);
        }

        var number = _machine.Loaded(request.Grain, entries, isLast: slice.Cursor is null, _server.Now);
        Meter(QueryGrainName(request.Grain)).Sent(_server.Now);
        if (slice.Cursor is null) Step(new Tick());
        return new(entries, slice.Cursor, slice.Clock.Value, slice.PurgeFloor.Value, number);
    }

    /// <inheritdoc/>
    async ValueTask ILocalSync.HandOver()
    {
        var deadline = _server.Now + HandOverTime;
        // What the peers hold shows in any frame of theirs: the grain takes those between two looks.
        while (!_machine.IsHandedOver(_server.Journal.Head) && _server.Now < deadline) await Task.Delay(HandOverLook, _server.Time);
    }

    /// <inheritdoc/>
    ValueTask<SyncStatus> ILocalSync.Status()
    {
        return new(new SyncStatus(
            _server.Me.Name,
            [.. _machine.Members.Select(member => $"{member.Name} {member.Address}")],
            _machine.Holdings.ToDictionary(held => held.Origin.ToString(), held => held.Sequences.ToString()!),
            Pairs(),
            _machine.Unproved,
            _machine.Dead));
    }

    /// <inheritdoc/>
    ValueTask ILocalSync.Forget(ulong server)
    {
        if (MemberTable.RefuseForget(_machine, _server.Me, new(server)) is { } refusal) throw new RefusedException(refusal);

        _logger.LogWarning("{Server} was told that server {Forgotten} never returns", _server.Me.Name, new ServerId(server));
        Step(new ForgetServer(new(server)));
        return default;
    }

    /// <inheritdoc/>
    ValueTask<MembersReply> ILocalSync.Members() => new(MemberTable.Of(_machine, _server));

    /// <inheritdoc/>
    ValueTask<PairsReply> ILocalSync.Pairs() => new(new PairsReply(_server.Me.Id.Value, Pairs()));

    private Task Wake(CancellationToken cancellationToken)
    {
        Step(new Tick());
        return Task.CompletedTask;
    }

    private void Take(FramePayload frame, ILinkEnd? returnPath, string? cameBack)
    {
        if (FrameCodec.TryDecode(frame.Bytes, out var decoded, out var error)) Step(new FrameArrived(decoded!, frame.Bytes.Length, returnPath, cameBack));
        else _logger.LogWarning("{Sentence}", error);
    }

    private void Step(SyncInput input)
    {
        var repairs = _machine.Repairs;
        for (var grain = 0; grain < _server.Options.QueryGrains; grain++) _machine.Merged(grain, _server.MergedBy(grain));
        try
        {
            foreach (var output in _machine.Step(_server.Now, input)) Do(output);
        }
        catch (Exception broken)
        {
            // A bug of ours: what the machine says it holds may no longer be what it holds, and the peers build on that.
            _logger.LogCritical(broken, "The sync machine broke on {Input}", input.GetType().Name);
            FailStop();
            throw;
        }

        if (_machine.Repairs > repairs) _metrics.Repaired(_machine.Repairs - repairs);
        ShowMetrics();
        if (_machine.HasMore)
        {
            if (!_isGoingOn) GoOn().Ignore();
            return;
        }

        var wait = _machine.NextWake - _server.Now;
        _timer?.Change(wait > MaxTimer ? MaxTimer : wait < MinTimer ? MinTimer : wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a large frame in, turn by turn; others have theirs in between.</summary>
    private async Task GoOn()
    {
        _isGoingOn = true;
        while (_machine.HasMore)
        {
            await Task.Yield();
            // What was on its way when the grain ended is for nobody.
            if (_isOver) return;

            Step(new Tick());
        }

        _isGoingOn = false;
    }

    /// <summary>Timers count whole milliseconds: waking a little early would only wake again.</summary>
    private static readonly TimeSpan MinTimer = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan MaxTimer = TimeSpan.FromMinutes(1);

    /// <summary>At most once in this time, and at least with every heartbeat: a step has other things to do.</summary>
    private static readonly TimeSpan MetricsInterval = TimeSpan.FromSeconds(1);

    private void ShowMetrics()
    {
        if (_server.Now - _metricsShown < MetricsInterval) return;

        _metricsShown = _server.Now;
        _metrics.Clocks(_machine);
        _syncMetrics.Look(_machine, Pairs);
    }

    private void Do(SyncOutput output)
    {
        switch (output)
        {
            case Keep(var number, var changes): KeepAsync(number, changes).Ignore(); break;
            case SendFrame(var address, var frame, var returnPath):
                Meter(address).Sent(_server.Now);
                var bytes = FrameCodec.Encode(frame);
                _machine.CountBytes(address, bytes.Length);
                // One-way on both: what can no longer be delivered is dropped, and sent again by the machine.
                if (returnPath is ILinkEnd end) end.Receive(new(bytes)).AsTask().Ignore();
                else _links.Send(address, bytes);
                break;
            case Deliver(var grain, var entries, var purged, var floor, var number):
                Meter(QueryGrainName(grain)).Sent(_server.Now);
                OffTurn.Call(GrainFactory.GetGrain<IReplicaGrain>(grain), replica => replica.Merge(new(entries, purged, floor.Value, number))).Ignore();
                break;
            case Freshen(var grain, var freshness): _server.Freshen(grain, freshness); break;
            case Promise(var floor): Step(new Promised(floor, _server.Journal.Promise(floor))); break;
            case OpenLink(var address): _links.Open(address); break;
            case ResetLink(var address): _links.Reset(address); break;
            case CloseLink(var address): _links.Close(address); break;
            case Outlived(var incarnation): End(incarnation); break;
            case Fenced(var held): EndFenced(held); break;
            case Alarm(var sentence, _): _logger.LogWarning("{Sentence}", sentence); break;
            case Notice(var sentence): _logger.LogWarning("{Sentence}", sentence); break;
        }
    }

    private async Task KeepAsync(ulong number, JournalChanges changes)
    {
        try
        {
            await _server.Journal.Keep(changes);
        }
        catch (JournalFailedException)
        {
            // The journal has said so, and ends the server. What is not kept is never told.
            return;
        }

        // A server that was turned away has stopped telling: what it keeps now goes aside.
        if (_server.Fenced is null && !_isOver) Step(new Kept(number));
    }

    /// <summary>Nobody would take what is written in this life: end it before there is much of it.</summary>
    private void End(ulong laterIncarnation)
    {
        if (_server.OutlivedBy is null)
            _logger.LogWarning("The peers know a later life of {Server} than this one: the clock of this machine was set back since, or another server advertises the same address. It starts anew", _server.Me.Name);
        _server.OutlivedBy = laterIncarnation;
        _lifetime.StopApplication();
    }

    /// <summary>The others take nothing from this server any more: what only it has goes aside, and it begins anew, empty.</summary>
    private void EndFenced(IReadOnlyList<Holding> held)
    {
        if (_server.Fenced is not null) return;

        _server.Fenced = new(_server.Me.Id, held, [.. _machine.Members.Where(member => member.Id != _server.Me.Id).Select(member => member.Address)]);
        _server.Stop();
        _lifetime.StopApplication();
    }

    private void FailStop()
    {
        _logger.LogCritical("{Server} lost its sync grain and stops; start it again: the other servers bring it up to date", _server.Me.Name);
        _server.HasFailed = true;
        _lifetime.StopApplication();
    }

    private PairStatus[] Pairs() =>
    [
        _feed.Status,
        .. _machine.LocalCounters.Select((counters, grain) => Status(QueryGrainName(grain), counters, isUp: true)),
        .. _machine.Peers.Select(peer => Status(peer.Address, peer.Counters, peer.IsUp)),
    ];

    private RateMeter Meter(string receiver)
    {
        if (!_meters.TryGetValue(receiver, out var meter)) _meters[receiver] = meter = new();
        return meter;
    }

    private PairStatus Status(string receiver, PairCounters counters, bool isUp) => new(
        receiver,
        counters.MessagesSent,
        Meter(receiver).Busiest,
        counters.BytesSent,
        counters.DataBytesSent,
        counters.EntriesSent,
        counters.MessagesReceived,
        counters.BytesReceived,
        counters.EntriesReceived,
        counters.EntriesKnown,
        isUp);

    private static string QueryGrainName(int grain) => $"query grain {grain}";
}
