namespace Cmud.Grains.Interfaces;

/// <summary>What operators ask of one replica and of its server; no query needs it. The same grains as <see cref="IQueryGrain"/>, with the same keys.</summary>
/// <remarks>Every method throws <see cref="RefusedException"/> with one sentence for what it does not take. No call holds up a query for longer than 2 ms.</remarks>
[Alias("cmud.IOperatorGrain")]
public interface IOperatorGrain : IGrainWithIntegerKey
{
    /// <summary>Whether a write is shown here, or a later one of its key.</summary>
    [Alias("Shows")]
    ValueTask<bool> Shows(ShowsRequest request);

    /// <summary>Sums of hashes of all that this replica holds.</summary>
    [Alias("Digest")]
    ValueTask<DigestReply> Digest(DigestRequest request);

    /// <summary>The keys that fall into some buckets of the digest.</summary>
    [Alias("Keys")]
    ValueTask<KeysReply> Keys(KeysRequest request);

    /// <summary>All that this replica knows of a key.</summary>
    [Alias("Explain")]
    ValueTask<ExplainReply> Explain(ExplainRequest request);

    /// <summary>The servers that this one knows, itself included.</summary>
    [Alias("Members")]
    ValueTask<MembersReply> Members();

    /// <summary>What went from grain to grain of this server, and to and from the others.</summary>
    [Alias("Pairs")]
    ValueTask<PairsReply> Pairs();

    /// <summary>An operator's word that a server never returns: nothing waits for it any more, and what comes back under its id is turned away.</summary>
    [Alias("Forget")]
    ValueTask Forget(ForgetRequest request);

    /// <summary>Keeps a token, or revokes it; answered when that is committed. It takes effect on this server within milliseconds, and on others as any write does.</summary>
    [Alias("SetToken")]
    ValueTask SetToken(TokenRequest request);

    /// <summary>Watches the tokens of the store; the prefix of the request is none of the caller's.</summary>
    [Alias("Tokens")]
    ValueTask<WatchReply> Tokens(WatchRequest request);

    /// <summary>Copies the server's data into a new directory on its own machine; answered when it is there.</summary>
    [Alias("Backup")]
    ValueTask<BackupReply> Backup(BackupRequest request);
}
