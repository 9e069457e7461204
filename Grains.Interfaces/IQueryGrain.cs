using Cmud.Replication;

namespace Cmud.Grains.Interfaces;

/// <summary>Answers queries at once from its own replica. Keys are 0 to count - 1 on every server; another key is refused.</summary>
/// <remarks>Every method throws <see cref="RefusedException"/> with one sentence where <see cref="Door"/> refuses what it is given, and those
/// that write throw <see cref="StoppingException"/> where the server was told to stop, <see cref="StorageFullException"/> where its disk has no room, and
/// <see cref="StorageFailedException"/> where its disk failed.</remarks>
[Alias("cmud.IQueryGrain")]
public interface IQueryGrain : IGrainWithIntegerKey
{
    /// <summary>The value of a key, as this replica knows it now.</summary>
    [Alias("Get")]
    ValueTask<GetReply> Get(GetRequest request);

    /// <summary>Sets a key; answered when the write is committed, and shown here from then on.</summary>
    [Alias("Put")]
    ValueTask<PutReply> Put(PutRequest request);

    /// <summary>Deletes a key, absent or not; answered when the tombstone is committed, and absent here from then on.</summary>
    [Alias("Delete")]
    ValueTask<PutReply> Delete(DeleteRequest request);

    /// <summary>One page of the keys that start with a prefix.</summary>
    [Alias("List")]
    ValueTask<ListReply> List(ListRequest request);

    /// <summary>Many operations in one call, in order: a Get or List after a Put or Delete of the batch sees it.</summary>
    /// <remarks>A batch with a refused operation is refused whole; nothing of it is stored. <see cref="BatchCalls"/> packs and unpacks.</remarks>
    [Alias("Execute")]
    ValueTask<PackedReply> Execute(PackedRequest request);

    /// <summary>What changed under a prefix since the last answer, newest per key: answered at once where something has, else when something does or the time to wait is over.</summary>
    /// <remarks>At most a thousand may wait at a query grain. Nothing is kept for a watcher: the position that it brings says it all.</remarks>
    [Alias("Watch")]
    ValueTask<WatchReply> Watch(WatchRequest request);

    /// <summary>Which server this is, and how many query grains it has.</summary>
    [Alias("Describe")]
    ValueTask<ServerDescription> Describe();
}

/// <summary>The store does not take what it was given; the message is one sentence for the caller, and nothing was stored.</summary>
[GenerateSerializer, Alias("cmud.RefusedException")]
public sealed class RefusedException : Exception
{
    /// <summary>Refused, for the reason in <paramref name="message"/>.</summary>
    public RefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Refused, without a reason; for serializers.</summary>
    public RefusedException()
    {
    }

    /// <summary>Refused because of another error; for serializers.</summary>
    public RefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
