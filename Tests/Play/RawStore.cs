using System.Runtime.CompilerServices;
using Cmud.Game;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Play;

/// <summary>The store without any client's manners: what a program of one's own may Put.</summary>
internal sealed class RawStore(TestGrain grain) : IWorldStore
{
    public async ValueTask<string?> Get(string key, CancellationToken cancellationToken) => await grain.GetAsync(key);

    public async ValueTask Put(string key, string value, CancellationToken cancellationToken) => await grain.PutAsync(key, value);

    public async IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var pair in await grain.ListAsync(prefix)) yield return pair;
    }
}
