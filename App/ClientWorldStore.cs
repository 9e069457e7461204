using System.Runtime.CompilerServices;
using Cmud.Client;
using Cmud.Game;

namespace Cmud.App;

/// <summary>The store as the game sees it, through the client library: its session overlay is the game's only one.</summary>
internal sealed class ClientWorldStore(ICmudClient client) : IWatchableStore
{
    /// <inheritdoc/>
    public async ValueTask<string?> Get(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetAsync(key, cancellationToken);
        }
        catch (CmudException e) when (IsLoss(e))
        {
            throw new StoreLostException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask Put(string key, string value, CancellationToken cancellationToken)
    {
        try
        {
            // The game blanks what is past its use, since three verbs are all that it asks for; this store can forget it.
            if (value.Length == 0) await client.DeleteAsync(key, cancellationToken);
            else await client.PutAsync(key, value, cancellationToken);
        }
        catch (CmudException e) when (IsLoss(e))
        {
            throw new StoreLostException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var pairs = client.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveAsync(pairs)) yield return pairs.Current;
    }

    /// <inheritdoc/>
    public IStoreWatch Watch(string prefix, CancellationToken cancellationToken) => ClientWatch.Begin(client, prefix, cancellationToken);

    private static async ValueTask<bool> MoveAsync(IAsyncEnumerator<KeyValuePair<string, string>> pairs)
    {
        try
        {
            return await pairs.MoveNextAsync();
        }
        catch (CmudException e) when (IsLoss(e))
        {
            throw new StoreLostException(e.Message, e);
        }
    }

    /// <summary>What another attempt may mend; a refusal it would not.</summary>
    private static bool IsLoss(CmudException e) => e.Failure is not CmudFailure.Refused;
}
