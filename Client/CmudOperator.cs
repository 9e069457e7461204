using System.Security.Cryptography;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>What operators ask of servers: of each that is named, and of every replica there. No query needs it.</summary>
/// <remarks>Where a client makes do with any server, this needs all of those that are named. Safe for many calls at once.</remarks>
public sealed class CmudOperator : IAsyncDisposable
{
    /// <summary>How long servers may take to be reached: longer than for a client, which makes do with another.</summary>
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(10);

    /// <summary>How long one call may take: a million keys are hashed in less than a second, and a backup to another disk is copied at the pace of that disk.</summary>
    private static readonly TimeSpan CallTime = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ServerLink[] _links;

    private CmudOperator(CmudClientOptions options, IEnumerable<ServerAddress> servers)
    {
        _time = options.Time;
        _links = [.. servers.Select(server => new ServerLink(server, options, static () => { }))];
    }

    /// <summary>The servers, each once, in the order they were named.</summary>
    public IReadOnlyList<ServerView> Servers => [.. Links.Select(static link => link.View)];

    /// <summary>Two addresses may lead to one server.</summary>
    private IEnumerable<ServerLink> Links => _links.DistinctBy(static link => link.View.Id);

    /// <summary>Connects to all of these servers.</summary>
    /// <exception cref="CmudException">One of them cannot be reached; the message names it.</exception>
    public static async Task<CmudOperator> ConnectAsync(CmudClientOptions options, CancellationToken cancellationToken = default)
    {
        options.CallTimeout = CallTime;
        options.Validate();
        var connected = new CmudOperator(options, options.Servers);
        try
        {
            await connected.SettleAsync(cancellationToken).ConfigureAwait(false);
            return connected;
        }
        catch
        {
            await connected.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Compares all replicas of all servers.</summary>
    /// <param name="within">How long a difference must stand until it counts: servers that talk take at most 2 s to agree.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Verdict> VerifyAsync(TimeSpan within, CancellationToken cancellationToken = default) =>
        await new Verification([.. Replicas()], _time, within, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)))).RunAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>What every replica of every server knows of a key.</summary>
    public async Task<IReadOnlyList<Explanation>> ExplainAsync(string key, CancellationToken cancellationToken = default)
    {
        if (!Door.TryEncode(key, out var utf8)) throw new CmudException(CmudFailure.Refused, Door.RefuseSurrogates("key"));
        if (Door.RefuseKey(utf8) is { } refusal) throw new CmudException(CmudFailure.Refused, refusal);

        return await Task.WhenAll(Replicas().Select(async replica => new Explanation(
            replica.Server, replica.Grain, await replica.AskAsync(new ExplainRequest(utf8), static (grain, request) => grain.Explain(request), cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
    }

    /// <summary>The members that each server knows.</summary>
    public async Task<IReadOnlyList<MembersReply>> MembersAsync(CancellationToken cancellationToken = default) =>
        await Task.WhenAll(Links.Select(link => new ReplicaLink(link, 0, _time).AskAsync(0, static (grain, _) => grain.Members(), cancellationToken))).ConfigureAwait(false);

    /// <summary>What went from grain to grain, as each server counted it.</summary>
    public async Task<IReadOnlyList<PairsReply>> PairsAsync(CancellationToken cancellationToken = default) =>
        await Task.WhenAll(Links.Select(link => new ReplicaLink(link, 0, _time).AskAsync(0, static (grain, _) => grain.Pairs(), cancellationToken))).ConfigureAwait(false);

    /// <summary>Says that a server never returns; the word goes round by itself.</summary>
    /// <param name="server">Its name, address or id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The server as it was known.</returns>
    /// <exception cref="CmudException">No server, or more than one, is known by that; or it is up.</exception>
    public async Task<MemberState> ForgetAsync(string server, CancellationToken cancellationToken = default)
    {
        var link = Links.First();
        var table = await new ReplicaLink(link, 0, _time).AskAsync(0, static (grain, _) => grain.Members(), cancellationToken).ConfigureAwait(false);
        MemberState[] meant = [.. table.Members.Where(member => member.Name == server || member.Address == server || new ServerId(member.Server).ToString() == server)];
        // One that began anew under the same name is up; who is given up is the one that is not.
        if (meant.Length > 1 && meant.Where(static member => !member.IsUp).ToArray() is [var down]) meant = [down];
        if (meant is not [var only])
            throw new CmudException(CmudFailure.Refused, meant.Length == 0
                ? $"No server is known to {link.View.Name} as '{server}'; cmud members prints those that are."
                : $"{meant.Length} servers are known to {link.View.Name} as '{server}', but it must be one; give its id as cmud members prints it.");

        await new ReplicaLink(link, 0, _time).AskAsync(new ForgetRequest(only.Server), static async (grain, request) =>
        {
            await grain.Forget(request).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        return only;
    }

    /// <summary>Makes the only server that was named copy its data into a directory of its own machine.</summary>
    /// <param name="directory">A full path there, at which there is nothing yet.</param>
    /// <param name="cancellationToken">Ends the wait; the copy is made all the same.</param>
    /// <returns>The bytes of the copy.</returns>
    public async Task<long> BackupAsync(string directory, CancellationToken cancellationToken = default)
    {
        if (Links.ToArray() is not [var only]) throw new CmudException(CmudFailure.Refused, $"A backup is of one server, but {_links.Length} are named; name the one.");

        return (await new ReplicaLink(only, 0, _time).AskAsync(new BackupRequest(directory), static (grain, request) => grain.Backup(request), cancellationToken).ConfigureAwait(false)).Bytes;
    }

    /// <summary>Makes a token for clients of the gateways, at the first server; the others know of it as soon as of any write.</summary>
    /// <param name="subject">Whom it is for: 1 to 64 letters, digits, dots, dashes or underscores.</param>
    /// <param name="inNamespace">Whose keys it sees; empty for those that have no namespace.</param>
    /// <param name="scopes">What it may do, 1 to 16.</param>
    /// <param name="lifetime">How long it counts; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait; the token may have been made.</param>
    /// <returns>What is kept of it; and the token itself, which is kept nowhere.</returns>
    public async Task<(Token Kept, string Text)> CreateTokenAsync(string subject, string inNamespace, IReadOnlyList<Scope> scopes, TimeSpan? lifetime, CancellationToken cancellationToken = default)
    {
        if ((Token.Refuse(subject, inNamespace, scopes) ?? Door.RefuseTimeToLive(lifetime)) is { } refusal) throw new CmudException(CmudFailure.Refused, refusal);

        var created = Token.Create(subject, inNamespace, scopes, _time.GetUtcNow(), lifetime);
        await SetTokenAsync(new(created.Token.Id, created.Token.Pack(), lifetime), cancellationToken).ConfigureAwait(false);
        return created;
    }

    /// <summary>The tokens that the first server knows, in the order of their ids.</summary>
    public async Task<IReadOnlyList<Token>> TokensAsync(CancellationToken cancellationToken = default)
    {
        var tokens = new SortedDictionary<string, Token>(StringComparer.Ordinal);
        byte[]? position = null;
        while (true)
        {
            var request = new WatchRequest([], position, IsFromNow: false, Limit: 0, TimeSpan.Zero);
            var reply = await First.AskAsync(request, static (grain, request) => grain.Tokens(request), cancellationToken).ConfigureAwait(false);
            foreach (var item in reply.Items)
            {
                var id = Door.Decode(item.Key.AsSpan(SystemKeys.Tokens.Length));
                if (item.Value is not null && Token.TryUnpack(id, item.Value, out var token)) tokens[id] = token;
                else tokens.Remove(id);
            }

            if (reply.IsCurrent) return [.. tokens.Values];
            position = reply.Position;
        }
    }

    /// <summary>Revokes a token, at the first server; the others know of it as soon as of any write, and each acts upon it at once.</summary>
    /// <exception cref="CmudException">There is no such token.</exception>
    public Task RevokeTokenAsync(string id, CancellationToken cancellationToken = default) => SetTokenAsync(new(id, Kept: null, TimeToLive: null), cancellationToken);

    /// <summary>Leaves the servers.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Select(static link => link.DisposeAsync().AsTask())).ConfigureAwait(false);

    private ReplicaLink First => new(Links.First(), 0, _time);

    private Task<bool> SetTokenAsync(TokenRequest request, CancellationToken cancellationToken) => First.AskAsync(request, static async (grain, request) =>
    {
        await grain.SetToken(request).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    private IEnumerable<ReplicaLink> Replicas() => Links.SelectMany(link => Enumerable.Range(0, link.View.QueryGrains).Select(grain => new ReplicaLink(link, grain, _time)));

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_links.Select(static link => link.Tried)).WaitAsync(ConnectTime, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Said below, by name.
        }

        var missing = _links.Where(static link => !link.View.Reachable).Select(static link => $"{link.View.Address} ({link.Trouble})").ToArray();
        if (missing.Length > 0)
            throw new CmudException(CmudFailure.Unreachable, $"Every server that is named must be there, but cannot be reached: {string.Join(", ", missing)}. Start it, or leave it out.");
    }
}

/// <summary>One replica of one server, to ask.</summary>
internal sealed class ReplicaLink(ServerLink link, int grain, TimeProvider time)
{
    /// <summary>How long one call may take.</summary>
    private static readonly TimeSpan CallTime = TimeSpan.FromMinutes(1);

    public ServerView Server => link.View;

    public int Grain => grain;

    /// <summary>Asks it; whatever goes wrong is one sentence.</summary>
    public async Task<TReply> AskAsync<TRequest, TReply>(TRequest request, Func<IOperatorGrain, TRequest, ValueTask<TReply>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await link.AskAsync(grain, request, ask, new CallClock(time, CallTime), cancellationToken).ConfigureAwait(false);
        }
        catch (LinkException e)
        {
            throw new CmudException(CmudFailure.Unreachable, $"{Server.Title()} did not answer ({e.Message}); try again, or leave it out.", e);
        }
        catch (RefusedException e)
        {
            throw new CmudException(CmudFailure.Refused, e.Message, e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new CmudException(CmudFailure.ServerError, $"{Server.Title()} failed: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}

/// <summary>What a replica knows of a key.</summary>
/// <param name="Server">Whose.</param>
/// <param name="Grain">Which of its query grains.</param>
/// <param name="Known">What it knows.</param>
public sealed record Explanation(ServerView Server, int Grain, ExplainReply Known);
