using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>Calls of what operators may ask, over the links that carry queries.</summary>
internal static class OperatorCalls
{
    /// <summary>Asks one replica of a server.</summary>
    /// <exception cref="LinkException">No answer.</exception>
    public static Task<TReply> AskAsync<TRequest, TReply>(
        this ServerLink link, int grain, TRequest request, Func<IOperatorGrain, TRequest, ValueTask<TReply>> ask, CallClock clock, CancellationToken cancellationToken) =>
        link.AskAsync(
            grain, (Request: request, Ask: ask), static (query, call) => call.Ask(query.AsReference<IOperatorGrain>(), call.Request), clock, isRead: false, cancellationToken);

    /// <summary>The servers that a server knows.</summary>
    /// <exception cref="LinkException">No answer.</exception>
    public static Task<MembersReply> MembersAsync(this ServerLink link, CallClock clock, CancellationToken cancellationToken) =>
        link.AskAsync(0, 0, static (grain, _) => grain.Members(), clock, cancellationToken);

    /// <summary>How one speaks of a server: by its label, and the address that leads there.</summary>
    public static string Title(this ServerView view) => view.Name.Length == 0 ? $"{view.Address}" : $"{view.Name} ({view.Address})";
}
