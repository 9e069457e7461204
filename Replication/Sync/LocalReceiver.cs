namespace Cmud.Replication.Sync;

/// <summary>A query grain of this server, as the sync machine sees it.</summary>
internal sealed class LocalReceiver(int grain, TimeSpan interval)
{
    private ulong _ownBefore;

    public int Grain => grain;

    public Outbox Outbox { get; } = new();

    public Pacer Pacer { get; } = new(interval);

    /// <summary>Counts the messages to it.</summary>
    public ulong Deliveries { get; set; }

    /// <summary>The last of them that it has taken in.</summary>
    public ulong Merged { get; set; }

    /// <summary>Whether it has taken in all that it was sent. What is new waits until then, newest per key, so a slow grain holds no more than one message.</summary>
    public bool IsReady => !IsLoading && Merged >= Deliveries;

    /// <summary>What it was last told of its freshness.</summary>
    public Freshness Freshness { get; set; } = Freshness.None;

    /// <summary>What the peers held when they were first heard is here, but some of it not yet on its way to this grain.</summary>
    public bool IsBehind { get; set; }

    /// <summary>While its replica is being loaded, what is new waits in the outbox: a slice and a delta would break the pace.</summary>
    public bool IsLoading { get; private set; }

    /// <summary>Whether the grain has an entry already because it wrote it itself, in its present activation.</summary>
    public bool Wrote(Entry entry, Origin self) =>
        entry.Origin == self && entry.Stamp.Grain == grain && entry.Sequence > _ownBefore;

    /// <summary>A new activation with an empty replica: what its predecessor wrote up to <paramref name="head"/> it does not have.</summary>
    public void BeginLoad(ulong head)
    {
        _ownBefore = head;
        IsLoading = true;
    }

    public void EndLoad() => IsLoading = false;
}
