using System.Collections.Concurrent;
using System.Text;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;
using Microsoft.Extensions.Hosting;

namespace Cmud.Silo.Access;

/// <summary>The tokens that this server knows, kept up by a watch of them: one that is revoked anywhere counts for nothing here as soon as that write is here.</summary>
/// <param name="isAsked">Whether clients of gateways need a token.</param>
/// <param name="grains">The query grains.</param>
/// <param name="server">This server.</param>
internal sealed class TokenTable(bool isAsked, IGrainFactory grains, StoreServer server) : BackgroundService
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeforeRetry = TimeSpan.FromMilliseconds(100);

    private ConcurrentDictionary<string, Grant> _grants = new();

    /// <summary>Whether clients need a token.</summary>
    public bool IsAsked => isAsked;

    /// <summary>What a client may do that sent no token yet.</summary>
    public Grant? Initial => isAsked ? null : Grant.Open;

    /// <summary>What a token grants; null for one that is unknown, revoked, expired or wrong.</summary>
    /// <param name="text">id.secret, as a client sent it.</param>
    public Grant? Find(string text) =>
        Token.TrySplit(text, out var id, out var secret) && _grants.TryGetValue(id, out var grant) && grant.Token!.IsSecret(secret) && !grant.Token.HasExpired(server.Time.GetUtcNow())
            ? grant
            : null;

    /// <summary>A grant as it stands now; throws where it stands no more.</summary>
    public Grant Confirm(Grant? grant)
    {
        if (grant is null) throw new AccessDeniedException("This server asks for a token; send the one that you were given.", isUnknown: true);
        if (grant.Token is not { } token) return grant;
        if (_grants.TryGetValue(token.Id, out var present) && present.Token!.IsSameAs(token) && !present.Token.HasExpired(server.Time.GetUtcNow())) return present;

        throw new AccessDeniedException($"The token {token.Id} was revoked or has expired; ask for a new one.", isUnknown: true);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!isAsked) return;

        byte[]? position = null;
        var (known, isWhole) = (_grants, true);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var reply = await grains.GetGrain<IOperatorGrain>(0).Tokens(new([], position, IsFromNow: false, Limit: 0, Wait)).AsTask().WaitAsync(stoppingToken);
                // What is told from the beginning is looked at when it is whole: no token is unknown meanwhile.
                if (reply.IsReset) (known, isWhole) = (new(), false);
                foreach (var item in reply.Items) Take(known, item);
                isWhole |= reply.IsCurrent;
                if (isWhole) Volatile.Write(ref _grants, known);
                position = reply.Position;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The grain starts, or the server stops: neither tells when it can be asked again.
                await Task.Delay(BeforeRetry, server.Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static void Take(ConcurrentDictionary<string, Grant> grants, WatchItem item)
    {
        var id = Encoding.UTF8.GetString(item.Key.AsSpan(SystemKeys.Tokens.Length));
        if (item.Value is null || !Token.TryUnpack(id, item.Value, out var token)) grants.TryRemove(id, out _);
        else grants[id] = new(token);
    }
}
